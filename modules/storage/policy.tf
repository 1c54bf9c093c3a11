data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  # Built from names, so that a plan shows the policies before the buckets exist.
  arns = {
    documents = "arn:${local.partition}:s3:::${var.bucket_name}"
    logs      = "arn:${local.partition}:s3:::${var.bucket_name}-logs"
    replica   = "arn:${local.partition}:s3:::${var.bucket_name}-replica"
  }

  # A bucket policy identifies a session by its role. The ARN of a session lacks the path of the role,
  # but role names are unique in an account, so the pattern matches only this role.
  role = one(flatten(regexall(":assumed-role/([^/]+)/", data.aws_caller_identity.current.arn)))
  callers = local.role == null ? [data.aws_caller_identity.current.arn] : [
    "arn:${local.partition}:iam::${local.account_id}:role/${local.role}",
    "arn:${local.partition}:iam::${local.account_id}:role/*/${local.role}",
  ]

  # Add the caller only if deployer_arns does not name it: the policy must not change with the caller.
  is_listed = contains([for arn in var.deployer_arns : basename(arn)], basename(local.callers[0]))
  deployers = sort(concat(var.deployer_arns, local.is_listed ? [] : local.callers))

  refuse_plain_http = {
    for bucket, arn in local.arns : bucket => {
      Sid       = "RefusePlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [arn, "${arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }

  # Replication is not affected: it reads with s3:GetObjectVersionForReplication.
  refuse_reads_from_elsewhere = {
    for bucket, arn in local.arns : bucket => [
      for endpoint in compact([var.vpc_endpoint_id]) : {
        Sid       = "RefuseReadsFromElsewhere"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource  = "${arn}/*"
        Condition = {
          StringNotEquals = { "aws:SourceVpce" = endpoint }
          ArnNotLike      = { "aws:PrincipalArn" = local.deployers }
        }
      }
    ]
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.refuse_reads_from_elsewhere.documents, [local.refuse_plain_http.documents])
  })

  # S3 refuses two concurrent changes of one bucket's policy and public access block.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_policy" "replica" {
  bucket = aws_s3_bucket.replica.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.refuse_reads_from_elsewhere.replica, [local.refuse_plain_http.replica])
  })

  depends_on = [aws_s3_bucket_public_access_block.replica]
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      for bucket, prefix in local.log_prefixes : {
        Sid       = "Deliver${title(bucket)}Logs"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.arns.logs}/${prefix}*"
        Condition = {
          ArnLike      = { "aws:SourceArn" = local.arns[bucket] }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      }
    ], [local.refuse_plain_http.logs])
  })

  depends_on = [aws_s3_bucket_public_access_block.logs]
}
