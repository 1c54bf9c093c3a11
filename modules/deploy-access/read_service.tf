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
      # S3 and Lambda need the key to return a document's checksum or a function's variables; its id is
      # unknown here.
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
      # These actions support no resource-level permissions.
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
      # Finding a composite alarm needs permission to describe every alarm.
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
      # Including the deploy roles, which a plan compares but neither role may change.
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
