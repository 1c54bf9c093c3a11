data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
}

# The service principal works in every Region and for both kinds of log (Regions from before August 2022
# also accept an account of Elastic Load Balancing). The service writes below the account that owns the
# load balancer, so the path keeps other accounts out. The conditions go beyond AWS's example; they apply
# where the service says for whom it acts.
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

  # S3 refuses two concurrent changes of one bucket's policy and public access block.
  depends_on = [aws_s3_bucket_public_access_block.logs]
}
