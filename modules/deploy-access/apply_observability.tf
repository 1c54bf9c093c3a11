locals {
  apply_observability = [
    {
      Sid    = "ChangeObservability"
      Effect = "Allow"
      Action = [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DeleteDashboards",
        "cloudwatch:PutCompositeAlarm",
        "cloudwatch:PutDashboard",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:UntagResource",
      ]
      Resource = concat(local.alarm_arns, local.dashboard_arns, local.topic_arns)
    },
    {
      # Neither action supports resource-level permissions.
      Sid       = "ChangeSubscriptions"
      Effect    = "Allow"
      Action    = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
      Resource  = "*"
      Condition = local.in_region
    },
  ]
}
