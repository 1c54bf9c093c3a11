locals {
  apply_function = [
    {
      Sid    = "ChangeFunction"
      Effect = "Allow"
      Action = [
        "lambda:AddPermission",
        "lambda:CreateAlias",
        "lambda:CreateFunction",
        "lambda:DeleteAlias",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        "lambda:PublishVersion",
        "lambda:PutFunctionConcurrency",
        "lambda:RemovePermission",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
      ]
      Resource = local.function_arns
    },
    {
      # The variables of a function use a key whose id is unknown here.
      Sid       = "EncryptEnvironment"
      Effect    = "Allow"
      Action    = "kms:Encrypt"
      Resource  = local.key_arns
      Condition = local.through_lambda
    },
    {
      Sid    = "ChangeLogs"
      Effect = "Allow"
      Action = [
        "logs:AssociateKmsKey",
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:DeleteMetricFilter",
        "logs:DeleteRetentionPolicy",
        "logs:DisassociateKmsKey",
        "logs:PutMetricFilter",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ]
      Resource = local.log_group_arns
    },
    {
      # These actions support no resource-level permissions: log deliveries of flow logs and WAF, the
      # resource policy for WAF's log group, and saved queries.
      Sid    = "DeliverLogsAndSaveQueries"
      Effect = "Allow"
      Action = [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DeleteQueryDefinition",
        "logs:DeleteResourcePolicy",
        "logs:ListLogDeliveries",
        "logs:PutQueryDefinition",
        "logs:PutResourcePolicy",
      ]
      Resource  = "*"
      Condition = local.in_region
    },
  ]
}
