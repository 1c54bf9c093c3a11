mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:000000000000:log-group:mock" }
  }

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-west-1:000000000000:regional/webacl/mock/00000000-0000-0000-0000-000000000000" }
  }
}

variables {
  name              = "test"
  load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/mock/0000000000000000"
}

run "everything_is_let_through_that_no_rule_blocks" {
  command = plan

  assert {
    condition     = length(aws_wafv2_web_acl.this.default_action[0].allow) == 1 && length(aws_wafv2_web_acl.this.default_action[0].block) == 0
    error_message = "The firewall must not block by default."
  }

  assert {
    condition     = aws_wafv2_web_acl.this.scope == "REGIONAL"
    error_message = "Only a regional firewall can stand before a load balancer."
  }
}

run "the_managed_rules_block_in_their_order" {
  command = plan

  assert {
    condition = { for rule in aws_wafv2_web_acl.this.rule : rule.priority => rule.statement[0].managed_rule_group_statement[0].name if rule.priority > 0 } == {
      "10" = "AWSManagedRulesAmazonIpReputationList"
      "20" = "AWSManagedRulesAnonymousIpList"
      "30" = "AWSManagedRulesKnownBadInputsRuleSet"
      "40" = "AWSManagedRulesCommonRuleSet"
    }
    error_message = "The rules are not the expected ones in the expected order."
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : length(rule.override_action[0].none) == 1 if rule.priority > 0])
    error_message = "A managed rule must do what AWS made it to do."
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : length(rule.statement[0].managed_rule_group_statement[0].rule_action_override) == 0 if rule.priority > 0])
    error_message = "No rule may be an exception that nobody asked for."
  }
}

run "an_address_that_asks_too_much_gets_a_429_in_the_shape_of_the_api" {
  command = plan

  variables {
    rate_limit = 500
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule :
      rule.statement[0].rate_based_statement[0].limit == 500 && rule.statement[0].rate_based_statement[0].aggregate_key_type == "IP" && rule.statement[0].rate_based_statement[0].evaluation_window_sec == 300
      if rule.priority == 0
    ])
    error_message = "The limit must hold for each address, over five minutes."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule :
      rule.action[0].block[0].custom_response[0].response_code == 429 && rule.action[0].block[0].custom_response[0].custom_response_body_key == one(aws_wafv2_web_acl.this.custom_response_body).key && one(rule.action[0].block[0].custom_response[0].response_header).name == "retry-after"
      if rule.priority == 0
    ])
    error_message = "The client must learn what happened and when to try again."
  }

  assert {
    condition     = jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).error.code == "too_many_requests"
    error_message = "The answer must have the shape of the API's errors."
  }
}

run "count_only_blocks_nothing_at_all" {
  command = plan

  variables {
    count_only = true
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : length(rule.override_action[0].count) == 1 && length(rule.override_action[0].none) == 0 if rule.priority > 0])
    error_message = "A managed rule still blocks."
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : length(rule.action[0].count) == 1 && length(rule.action[0].block) == 0 if rule.priority == 0])
    error_message = "The rate rule still blocks."
  }
}

run "a_rule_that_blocks_the_wrong_ones_only_counts" {
  command = plan

  variables {
    counted_rules = { AWSManagedRulesAnonymousIpList = ["HostingProviderIPList"] }
  }

  assert {
    condition = {
      for rule in aws_wafv2_web_acl.this.rule :
      rule.name => [for override in rule.statement[0].managed_rule_group_statement[0].rule_action_override : override.name if length(override.action_to_use[0].count) == 1]
      if rule.priority > 0
      } == {
      AWSManagedRulesAmazonIpReputationList = []
      AWSManagedRulesAnonymousIpList        = ["HostingProviderIPList"]
      AWSManagedRulesKnownBadInputsRuleSet  = []
      AWSManagedRulesCommonRuleSet          = []
    }
    error_message = "Exactly the named rule must count and no longer block."
  }
}

run "every_rule_is_measured_and_nothing_is_sampled" {
  command = plan

  assert {
    condition     = alltrue([for config in concat([for rule in aws_wafv2_web_acl.this.rule : rule.visibility_config[0]], aws_wafv2_web_acl.this.visibility_config) : config.cloudwatch_metrics_enabled && !config.sampled_requests_enabled])
    error_message = "Metrics are wanted of every rule; samples would show what the log redacts."
  }

  assert {
    condition     = output.web_acl_name == "test"
    error_message = "The metrics' own name must be in the outputs."
  }
}

run "the_log_keeps_what_was_blocked_or_counted_without_what_is_secret" {
  assert {
    condition     = aws_wafv2_web_acl_logging_configuration.this.log_destination_configs == toset([aws_cloudwatch_log_group.this.arn]) && aws_wafv2_web_acl_logging_configuration.this.resource_arn == aws_wafv2_web_acl.this.arn
    error_message = "The firewall must write to its own log group."
  }

  assert {
    condition     = startswith(aws_cloudwatch_log_group.this.name, "aws-waf-logs-") && aws_cloudwatch_log_group.this.retention_in_days == 30 && output.log_group_name == aws_cloudwatch_log_group.this.name
    error_message = "WAF writes to groups of this prefix only, and none may be kept forever."
  }

  assert {
    condition     = flatten([for field in aws_wafv2_web_acl_logging_configuration.this.redacted_fields : field.single_header[*].name]) == ["authorization", "cookie"] && sum([for field in aws_wafv2_web_acl_logging_configuration.this.redacted_fields : length(field.query_string)]) == 1
    error_message = "Headers with secrets and the query string must not be logged."
  }

  assert {
    condition     = aws_wafv2_web_acl_logging_configuration.this.logging_filter[0].default_behavior == "DROP" && toset([for condition in one(aws_wafv2_web_acl_logging_configuration.this.logging_filter[0].filter).condition : condition.action_condition[0].action]) == toset(["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"])
    error_message = "What passed unmarked must not be logged, and all else must."
  }
}

run "only_log_delivery_of_this_account_may_write_the_log" {
  assert {
    condition     = jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement[0].Principal.Service == "delivery.logs.amazonaws.com" && jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement[0].Resource == "${aws_cloudwatch_log_group.this.arn}:*"
    error_message = "The service must be able to write to this group and to no other."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement[0].Condition == {
      StringEquals = { "aws:SourceAccount" = "000000000000" }
      ArnLike      = { "aws:SourceArn" = "arn:aws:logs:eu-west-1:000000000000:*" }
    }
    error_message = "Another customer of the service must not be able to write here."
  }
}

run "the_firewall_stands_in_front_of_the_load_balancer" {
  assert {
    condition     = aws_wafv2_web_acl_association.this.resource_arn == var.load_balancer_arn && aws_wafv2_web_acl_association.this.web_acl_arn == aws_wafv2_web_acl.this.arn
    error_message = "A firewall that is not associated protects nothing."
  }
}

run "an_exception_in_a_group_that_is_not_used_is_refused" {
  command = plan

  variables {
    counted_rules = { AWSManagedRulesSQLiRuleSet = ["SQLi_BODY"] }
  }

  expect_failures = [var.counted_rules]
}

run "what_is_no_application_load_balancer_is_refused" {
  command = plan

  variables {
    load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/net/mock/0000000000000000"
  }

  expect_failures = [var.load_balancer_arn]
}

run "a_retention_that_cloudwatch_does_not_know_is_refused" {
  command = plan

  variables {
    log_retention_days = 10
  }

  expect_failures = [var.log_retention_days]
}

run "a_name_that_metrics_cannot_have_is_refused" {
  command = plan

  variables {
    name = "test firewall"
  }

  expect_failures = [var.name]
}

run "a_limit_below_what_waf_counts_is_refused" {
  command = plan

  variables {
    rate_limit = 5
  }

  expect_failures = [var.rate_limit]
}
