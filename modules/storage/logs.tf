locals {
  log_prefixes = {
    documents = "documents/"
    replica   = "replica/"
  }
}

# Who read or changed what, a few hours late: the buckets' own logs.
resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_18:The log of a log bucket would be about itself, and grow by being written.
  #checkov:skip=CKV_AWS_21:A log is written once and never replaced.
  #checkov:skip=CKV_AWS_144:Logs are kept for a time, not for ever; they need no second copy.
  #checkov:skip=CKV_AWS_145:S3 delivers its logs to no bucket that is encrypted by a key of KMS.
  #checkov:skip=CKV2_AWS_62:Nobody waits for a log.
  bucket        = "${var.bucket_name}-logs"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket = aws_s3_bucket.logs.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "old-logs-and-broken-uploads"
    status = "Enabled"

    filter {}

    expiration {
      days = var.log_retention_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
