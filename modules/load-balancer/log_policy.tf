data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
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
