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
      # The environment of a function, with a key whose name is known to AWS only.
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
      # None of these knows a resource: deliveries are those of flow logs and of the firewall, which
      # also has to be let into its log group, and queries are text.
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
