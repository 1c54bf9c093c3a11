locals {
  # By priority, which is the order in which WAF asks them: the cheapest and the most certain first.
  managed_groups = {
    AWSManagedRulesAmazonIpReputationList = 10
    AWSManagedRulesAnonymousIpList        = 20
    AWSManagedRulesKnownBadInputsRuleSet  = 30
    AWSManagedRulesCommonRuleSet          = 40
  }
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:The rule is in AWSManagedRulesKnownBadInputsRuleSet, by managed_groups; only count_only lets it pass.
  name        = var.name
  description = "What the load balancer of ${var.name} does not let through."
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  # The same shape as the API's own errors. A block by a managed rule cannot have it: AWS then answers
  # with its plain 403.
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

  # First, so that it also counts what other rules block.
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

  # Samples show every header and parameter as it came; the log has what they would show, redacted.
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
