resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_18:Logging the reads of a log bucket would never end.
  #checkov:skip=CKV_AWS_144:Logs expire; they need no second copy.
  #checkov:skip=CKV_AWS_145:Elastic Load Balancing cannot deliver logs to a bucket that uses a KMS key.
  #checkov:skip=CKV2_AWS_62:No consumer needs an event for a log object.
  bucket        = var.log_bucket_name
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
      # Elastic Load Balancing supports no other encryption for log delivery.
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "retention"
    status = "Enabled"

    filter {}

    expiration {
      days = var.log_retention_days
    }

    # A log that was deleted by hand can be recovered for a week.
    noncurrent_version_expiration {
      noncurrent_days = 7
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "markers-of-what-is-gone"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }
  }

  # A rule for old versions needs versioning.
  depends_on = [aws_s3_bucket_versioning.logs]
}
