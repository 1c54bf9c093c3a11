locals {
  uses_key = var.encryption == "kms"
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_145:The environment chooses the encryption; production uses a customer managed key.
  #checkov:skip=CKV2_AWS_62:No consumer needs an event for a document; the API polls S3.
  bucket        = var.bucket_name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  #checkov:skip=CKV2_AWS_65:The brief asks for BucketOwnerPreferred; no other account can write here, and public ACLs are ignored.
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # One KMS request for many objects instead of one for each.
    bucket_key_enabled = local.uses_key ? true : null

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.uses_key ? "aws:kms" : "AES256"
      kms_master_key_id = one(aws_kms_key.this[*].arn)
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

# No resource depends on a lifecycle: the provider waits a minute for S3 to confirm each one.
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "old-versions-and-broken-uploads"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.old_version_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_logging" "this" {
  bucket = aws_s3_bucket.this.id

  target_bucket = aws_s3_bucket.logs.id
  target_prefix = local.log_prefixes.documents

  depends_on = [aws_s3_bucket_policy.logs]
}
