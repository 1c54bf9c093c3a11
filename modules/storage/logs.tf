locals {
  log_prefixes = {
    documents = "documents/"
    replica   = "replica/"
  }
}

# Server access logs of the buckets. S3 delivers them within a few hours.
resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_18:A log bucket that logs to itself would grow with every log that it stores.
  #checkov:skip=CKV_AWS_21:A log object is written once and never replaced.
  #checkov:skip=CKV_AWS_144:Logs expire; they need no second copy.
  #checkov:skip=CKV_AWS_145:S3 cannot deliver server access logs to a bucket that uses a KMS key.
  #checkov:skip=CKV2_AWS_62:No consumer needs an event for a log object.
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
