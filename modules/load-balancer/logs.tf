data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
}

resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_18:Logs of reading logs would have to be logged in turn.
  #checkov:skip=CKV_AWS_144:Logs are of use where the load balancer is; a copy elsewhere serves nobody.
  #checkov:skip=CKV_AWS_145:The load balancer cannot write with a KMS key.
  #checkov:skip=CKV2_AWS_62:Nobody waits for a log; who needs one looks for it.
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
      # The only encryption that the load balancer can write with.
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

    # What was deleted by hand, too, can be brought back for a week.
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

  # Rules for old versions mean nothing to a bucket that keeps none.
  depends_on = [aws_s3_bucket_versioning.logs]
}

# One policy for every Region: AWS took the account of Elastic Load Balancing, another in each Region,
# before August 2022, and has taken this service since, in all of them and for both kinds of log. The
# service writes below the account that owns the load balancer, so that the path keeps others out; the
# conditions, which AWS's own example goes without, count where the service says whom it acts for.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DeliverLogs"
        Effect    = "Allow"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.logs.arn}/AWSLogs/${local.account_id}/*"
        Condition = {
          StringEqualsIfExists = { "aws:SourceAccount" = local.account_id }
          ArnLikeIfExists = {
            "aws:SourceArn" = "arn:${local.partition}:elasticloadbalancing:${data.aws_region.current.name}:${local.account_id}:loadbalancer/*"
          }
        }
      },
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  # S3 answers with a conflict when both are set at once.
  depends_on = [aws_s3_bucket_public_access_block.logs]
}
