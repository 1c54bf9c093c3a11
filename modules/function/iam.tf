data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # Region and account part of an ARN. The function's ARN is built from it because the role must be
  # complete before the function exists.
  location     = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  function_arn = "arn:${data.aws_partition.current.partition}:lambda:${local.location}:function:${var.name}"

  manage_interfaces = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ]
  describe_network = [
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
  ]
}

# Lambda supports no condition on this trust. It is safe because only functions of this account can use
# a role of this account.
resource "aws_iam_role" "this" {
  name                 = var.role_name
  description          = "What the function ${var.name} may do."
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# The two network statements and the Deny are from the Lambda Developer Guide, "Giving Lambda functions
# access to resources in an Amazon VPC": Lambda creates the interfaces, the function's code must not.
resource "aws_iam_role_policy" "this" {
  #checkov:skip=CKV_AWS_290:These actions support no resource-level permissions.
  #checkov:skip=CKV_AWS_355:These actions support no resource-level permissions.
  name = "serve-documents"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        # Lambda chooses the ids of its interfaces.
        Sid      = "ManageNetworkInterfaces"
        Effect   = "Allow"
        Action   = local.manage_interfaces
        Resource = "arn:${data.aws_partition.current.partition}:ec2:${local.location}:*/*"
      },
      {
        # These actions support no resource-level permissions.
        Sid      = "DescribeNetwork"
        Effect   = "Allow"
        Action   = local.describe_network
        Resource = "*"
      },
      {
        Sid       = "NoNetworkChangesFromTheCode"
        Effect    = "Deny"
        Action    = concat(local.manage_interfaces, local.describe_network, ["ec2:DetachNetworkInterface"])
        Resource  = "*"
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
      },
      {
        Sid      = "ReadDocuments"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${var.bucket_arn}/*"
      },
      {
        # Without this permission S3 answers 403 instead of 404 for a missing key.
        Sid      = "TellMissingFromForbidden"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = var.bucket_arn
      },
      {
        Sid    = "WriteLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
      {
        # These actions support no resource-level permissions.
        Sid    = "WriteTraces"
        Effect = "Allow"
        Action = [
          "xray:PutTelemetryRecords",
          "xray:PutTraceSegments",
        ]
        Resource = "*"
      },
      ], [
      for key_arn in compact([var.documents_kms_key_arn]) : {
        # The encryption context is the bucket's ARN with a bucket key, otherwise the object's ARN.
        Sid      = "DecryptDocuments"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = key_arn
        Condition = {
          StringEquals = { "kms:ViaService" = "s3.${data.aws_region.current.name}.amazonaws.com" }
          StringLike   = { "kms:EncryptionContext:aws:s3:arn" = [var.bucket_arn, "${var.bucket_arn}/*"] }
        }
      }
      ], [
      for key_arn in compact([var.environment_kms_key_arn]) : {
        Sid       = "DecryptTheEnvironment"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = key_arn
        Condition = { StringLike = { "kms:EncryptionContext:aws:lambda:FunctionArn" = [local.function_arn, "${local.function_arn}:*"] } }
      }
    ])
  })
}
