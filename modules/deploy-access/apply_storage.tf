locals {
  apply_storage = [
    {
      Sid    = "ChangeBuckets"
      Effect = "Allow"
      Action = [
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:DeleteBucketPolicy",
        "s3:ListBucketVersions",
        "s3:PutBucketLogging",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:PutReplicationConfiguration",
      ]
      Resource = local.bucket_arns
    },
    {
      Sid    = "ChangeDocuments"
      Effect = "Allow"
      Action = [
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObject",
        "s3:PutObjectTagging",
      ]
      Resource = local.object_arns
    },
    {
      # A new key has no id yet, but it must carry the tags of this environment from the start.
      Sid       = "MakeKeys"
      Effect    = "Allow"
      Action    = "kms:CreateKey"
      Resource  = "*"
      Condition = { StringEquals = { for tag, value in var.tags : "aws:RequestTag/${tag}" => value } }
    },
    {
      # Tags of a key may take some minutes to take effect in KMS.
      Sid       = "SetUpKeys"
      Effect    = "Allow"
      Action    = ["kms:CreateAlias", "kms:EnableKeyRotation", "kms:TagResource"]
      Resource  = local.key_arns
      Condition = local.is_ours_or_new
    },
    {
      Sid    = "ChangeKeys"
      Effect = "Allow"
      Action = [
        "kms:DeleteAlias",
        "kms:DisableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:UntagResource",
        "kms:UpdateAlias",
        "kms:UpdateKeyDescription",
      ]
      Resource  = local.key_arns
      Condition = local.is_ours
    },
    {
      # An alias needs permission on the key and on its own ARN, which has no tags.
      Sid      = "NameKeys"
      Effect   = "Allow"
      Action   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
      Resource = local.alias_arns
    },
    {
      # Services that encrypt with the key get a grant from the caller that sets them up.
      Sid       = "LendKeysToServices"
      Effect    = "Allow"
      Action    = "kms:CreateGrant"
      Resource  = local.key_arns
      Condition = merge(local.is_ours_or_new, { Bool = { "kms:GrantIsForAWSResource" = "true" } })
    },
  ]
}
