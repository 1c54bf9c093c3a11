locals {
  read_service = [
    {
      Sid    = "ReadFunction"
      Effect = "Allow"
      Action = [
        "lambda:GetAlias",
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionConfiguration",
        "lambda:GetPolicy",
        "lambda:ListTags",
        "lambda:ListVersionsByFunction",
      ]
      Resource = local.function_arns
    },
    {
      Sid    = "ReadBuckets"
      Effect = "Allow"
      Action = [
        "s3:GetAccelerateConfiguration",
        "s3:GetBucketAcl",
        "s3:GetBucketCORS",
        "s3:GetBucketLocation",
        "s3:GetBucketLogging",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketRequestPayment",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
      ]
      Resource = local.bucket_arns
    },
    {
      Sid    = "ReadDocuments"
      Effect = "Allow"
      Action = [
        "s3:GetObject",
        "s3:GetObjectTagging",
      ]
      Resource = local.object_arns
    },
    {
      # To read a document's checksum or a function's environment, S3 and Lambda need their key: its
      # name is known to AWS only.
      Sid       = "ReadWhatIsEncrypted"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = local.key_arns
      Condition = local.through_s3_lambda
    },
    {
      Sid    = "ReadKeys"
      Effect = "Allow"
      Action = [
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
      ]
      Resource  = local.key_arns
      Condition = local.is_ours_or_new
    },
    {
      # None of these knows a resource.
      Sid    = "ListKeysLogsAndSubscriptions"
      Effect = "Allow"
      Action = [
        "kms:ListAliases",
        "logs:DescribeLogGroups",
        "logs:DescribeQueryDefinitions",
        "logs:DescribeResourcePolicies",
        "sns:GetSubscriptionAttributes",
      ]
      Resource  = "*"
      Condition = local.in_region
    },
    {
      Sid    = "ReadLogs"
      Effect = "Allow"
      Action = [
        "logs:DescribeMetricFilters",
        "logs:ListTagsForResource",
      ]
      Resource = local.log_group_arns
    },
    {
      # A composite alarm is only found by who may see every alarm.
      Sid      = "FindAlarms"
      Effect   = "Allow"
      Action   = "cloudwatch:DescribeAlarms"
      Resource = "${local.here.cloudwatch}:alarm:*"
    },
    {
      Sid    = "ReadObservability"
      Effect = "Allow"
      Action = [
        "cloudwatch:GetDashboard",
        "cloudwatch:ListTagsForResource",
        "sns:GetTopicAttributes",
        "sns:ListTagsForResource",
      ]
      Resource = concat(local.alarm_arns, local.dashboard_arns, local.topic_arns)
    },
    {
      # With the deploy roles themselves, which a plan compares but nobody here may change.
      Sid    = "ReadIdentities"
      Effect = "Allow"
      Action = [
        "iam:GetOpenIDConnectProvider",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
      ]
      Resource = concat(local.role_arns, local.own_arns)
    },
  ]
}
