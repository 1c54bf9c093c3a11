# The provider deletes an object together with all of its versions. S3 does not replicate the deletion
# of versions, so the replica keeps a removed document as its newest version.
resource "aws_s3_bucket" "replica" {
  #checkov:skip=CKV_AWS_144:This is the second copy.
  #checkov:skip=CKV_AWS_145:The environment chooses the encryption, as for the documents; production uses a customer managed key.
  #checkov:skip=CKV2_AWS_62:No consumer needs an event for a replica.
  bucket        = "${var.bucket_name}-replica"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "replica" {
  bucket = aws_s3_bucket.replica.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "replica" {
  bucket = aws_s3_bucket.replica.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "replica" {
  bucket = aws_s3_bucket.replica.id

  rule {
    bucket_key_enabled = local.uses_key ? true : null

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.uses_key ? "aws:kms" : "AES256"
      kms_master_key_id = one(aws_kms_key.this[*].arn)
    }
  }
}

resource "aws_s3_bucket_versioning" "replica" {
  bucket = aws_s3_bucket.replica.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "replica" {
  bucket = aws_s3_bucket.replica.id

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

  depends_on = [aws_s3_bucket_versioning.replica]
}

resource "aws_s3_bucket_logging" "replica" {
  bucket = aws_s3_bucket.replica.id

  target_bucket = aws_s3_bucket.logs.id
  target_prefix = local.log_prefixes.replica

  depends_on = [aws_s3_bucket_policy.logs]
}
