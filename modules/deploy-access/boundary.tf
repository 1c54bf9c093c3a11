# Permissions boundary of every role of the environment: the deploy roles and all roles that they create.
# A boundary grants nothing, so its wildcards may be wide, but everything that it does not name is out of
# reach: users, access keys, billing, the organisation, instances, other Regions and accounts, and this
# policy itself.
locals {
  boundary = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Not all names in these services are known; the account and the Region are.
        Sid    = "ServicesOfTheProject"
        Effect = "Allow"
        Action = [
          "cloudwatch:*",
          "elasticloadbalancing:*",
          "kms:*",
          "lambda:*",
          "logs:*",
          "sns:*",
          "wafv2:*",
          "xray:*",
        ]
        Resource = "*"
        Condition = {
          StringEquals         = { "aws:RequestedRegion" = local.region }
          StringEqualsIfExists = { "aws:ResourceAccount" = local.account }
        }
      },
      {
        # Only the network part of EC2: no instances, images or peerings.
        Sid    = "NetworkOfTheProject"
        Effect = "Allow"
        Action = [
          "ec2:*Address*",
          "ec2:*FlowLogs",
          "ec2:*InternetGateway",
          "ec2:*NatGateway",
          "ec2:*NetworkAcl*",
          "ec2:*NetworkInterface*",
          "ec2:*Route*",
          "ec2:*SecurityGroup*",
          "ec2:*Subnet*",
          "ec2:*Tags",
          "ec2:*Vpc",
          "ec2:*VpcAttribute",
          "ec2:*VpcEndpoint*",
          "ec2:Describe*",
        ]
        Resource  = "*"
        Condition = { StringEquals = { "aws:RequestedRegion" = local.region } }
      },
      {
        Sid       = "BucketsOfTheProject"
        Effect    = "Allow"
        Action    = "s3:*"
        Resource  = concat(local.bucket_arns, local.object_arns)
        Condition = { StringEqualsIfExists = { "aws:ResourceAccount" = local.account } }
      },
      {
        Sid      = "StatesOfTheEnvironment"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = "${local.state_bucket_arn}/${var.state_prefix}*"
      },
      {
        Sid      = "ListStates"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket"]
        Resource = local.state_bucket_arn
      },
      {
        # Reading roles and policies reveals no secret.
        Sid      = "ReadIdentities"
        Effect   = "Allow"
        Action   = ["iam:Get*", "iam:List*"]
        Resource = concat(local.role_arns, local.own_arns)
      },
      {
        Sid       = "RolesWithThisBoundaryOnly"
        Effect    = "Allow"
        Action    = concat(local.bounded_role_actions, ["iam:AttachRolePolicy", "iam:DetachRolePolicy"])
        Resource  = local.role_arns
        Condition = { StringEquals = { "iam:PermissionsBoundary" = local.boundary_arn } }
      },
      {
        Sid      = "ChangeRoles"
        Effect   = "Allow"
        Action   = local.role_actions
        Resource = local.role_arns
      },
      {
        Sid       = "GiveRolesToServices"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.role_arns
        Condition = { StringEquals = { "iam:PassedToService" = local.role_services } }
      },
      {
        Sid       = "LetServicesMakeTheirOwnRoles"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = local.service_role_arns
        Condition = { StringEquals = { "iam:AWSServiceName" = local.linked_services } }
      },
      {
        # Even if role_names or another policy allows it.
        Sid       = "NothingAboutItself"
        Effect    = "Deny"
        NotAction = ["iam:Get*", "iam:List*"]
        Resource  = local.own_arns
      },
    ]
  })
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.name}-boundary"
  path        = local.path
  description = "Permissions boundary of every role of ${var.name}."
  policy      = local.boundary

  lifecycle {
    precondition {
      condition     = length(local.boundary) <= local.policy_length
      error_message = "The boundary is longer than the ${local.policy_length} characters that IAM takes: shorten or join names."
    }
  }
}
