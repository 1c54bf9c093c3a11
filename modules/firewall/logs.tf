data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
}

# WAF requires this prefix.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts by default; WAF redacts sensitive fields before it writes them.
  #checkov:skip=CKV_AWS_338:The environment chooses the retention with log_retention_days.
  name              = "aws-waf-logs-${var.name}"
  retention_in_days = var.log_retention_days
}

# Without this policy WAF would write one with the caller's permissions and never delete it.
# https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = "${var.name}-firewall"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DeliverLogs"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action = [
        "logs:CreateLogStream",
        "logs:PutLogEvents",
      ]
      Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:logs:${data.aws_region.current.name}:${local.account_id}:*" }
      }
    }]
  })
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.this.arn]

  # The load balancer's access log already holds the allowed requests, at a much lower price.
  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      dynamic "condition" {
        for_each = ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"]

        content {
          action_condition {
            action = condition.value
          }
        }
      }
    }
  }

  dynamic "redacted_fields" {
    for_each = ["authorization", "cookie"]

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  # The API expects no secret in these fields, but clients send some by mistake.
  redacted_fields {
    query_string {}
  }

  depends_on = [aws_cloudwatch_log_resource_policy.this]
}
