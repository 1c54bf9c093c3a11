locals {
  # In the order of evaluation: the cheapest and the most certain rules first.
  managed_groups = {
    AWSManagedRulesAmazonIpReputationList = 10
    AWSManagedRulesAnonymousIpList        = 20
    AWSManagedRulesKnownBadInputsRuleSet  = 30
    AWSManagedRulesCommonRuleSet          = 40
  }
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:AWSManagedRulesKnownBadInputsRuleSet contains the rule; it blocks unless count_only is set.
  name        = var.name
  description = "What the load balancer of ${var.name} does not let through."
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  # The same shape as the API's errors. Managed rules cannot use it: they answer with AWS's plain 403.
  custom_response_body {
    key          = "too_many_requests"
    content_type = "APPLICATION_JSON"
    content = jsonencode({
      error = {
        code    = "too_many_requests"
        message = "There were too many requests from this address; try again in five minutes."
      }
    })
  }

  # The first rule, so that it also counts requests that later rules block.
  rule {
    name     = "rate"
    priority = 0

    action {
      dynamic "count" {
        for_each = var.count_only ? ["rate"] : []

        content {}
      }

      dynamic "block" {
        for_each = var.count_only ? [] : ["rate"]

        content {
          custom_response {
            response_code            = 429
            custom_response_body_key = "too_many_requests"

            response_header {
              name  = "retry-after"
              value = "300"
            }
          }
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.rate_limit
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "rate"
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = local.managed_groups

    content {
      name     = rule.key
      priority = rule.value

      override_action {
        dynamic "count" {
          for_each = var.count_only ? [rule.key] : []

          content {}
        }

        dynamic "none" {
          for_each = var.count_only ? [] : [rule.key]

          content {}
        }
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = lookup(var.counted_rules, rule.key, [])

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = false
      }
    }
  }

  # Samples are not redacted; the log is.
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  web_acl_arn  = aws_wafv2_web_acl.this.arn
  resource_arn = var.load_balancer_arn
}
