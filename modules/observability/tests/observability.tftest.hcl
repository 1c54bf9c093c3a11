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

  mock_resource "aws_cloudwatch_composite_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:mock-down" }
  }

  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:mock" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-0000-0000-000000000000" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:000000000000:mock" }
  }
}

variables {
  name                     = "test"
  firewall_log_group_name  = "aws-waf-logs-mock"
  function_name            = "mock-function"
  function_timeout_seconds = 10
  load_balancer_arn_suffix = "app/mock/0000000000000000"
  log_group_name           = "/aws/lambda/mock"
  nat_gateway_ids          = ["nat-mock-a", "nat-mock-b"]
  reserved_concurrency     = 50
  target_group_arn_suffix  = "targetgroup/mock/0000000000000000"
  web_acl_name             = "mock-firewall"
}

run "every_alarm_tells_the_topic_when_it_begins_and_when_it_ends" {
  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.metric), values(aws_cloudwatch_metric_alarm.share), [aws_cloudwatch_composite_alarm.down]) :
      alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && alarm.ok_actions == toset([aws_sns_topic.alarms.arn])
    ])
    error_message = "An alarm is raised or ends without anybody hearing of it."
  }

  assert {
    condition     = output.topic_arn == aws_sns_topic.alarms.arn && output.dashboard_name == "test"
    error_message = "Where alarms go and what to look at must be in the outputs."
  }
}

run "silence_is_no_alarm" {
  command = plan

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.metric), values(aws_cloudwatch_metric_alarm.share)) : alarm.treat_missing_data == "notBreaching"])
    error_message = "An API that nobody asks anything must not raise alarms."
  }
}

run "every_alarm_says_what_it_means_and_where_to_read_what_to_do" {
  command = plan

  variables {
    runbooks = "https://example.com/pages"
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.metric), values(aws_cloudwatch_metric_alarm.share), [aws_cloudwatch_composite_alarm.down]) :
      can(regex("^[A-Z0-9].+[.] Runbook: https://example[.]com/pages/alarm-[a-z-]+[.]md$", alarm.alarm_description))
    ])
    error_message = "An alarm does not say what it means, or where its page is."
  }
}

run "an_alarm_watches_what_it_is_named_after" {
  command = plan

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.metric : key => "${alarm.namespace} ${alarm.metric_name}" } == {
      error-lines           = "test ErrorLines"
      firewall-blocks       = "AWS/WAFV2 BlockedRequests"
      function-concurrency  = "AWS/Lambda ConcurrentExecutions"
      function-duration     = "AWS/Lambda Duration"
      function-throttles    = "AWS/Lambda Throttles"
      lambda-internal-error = "AWS/ApplicationELB LambdaInternalError"
      lambda-user-error     = "AWS/ApplicationELB LambdaUserError"
      latency               = "AWS/ApplicationELB TargetResponseTime"
      load-balancer-5xx     = "AWS/ApplicationELB HTTPCode_ELB_5XX_Count"
      nat-1-port-allocation = "AWS/NATGateway ErrorPortAllocation"
      nat-2-port-allocation = "AWS/NATGateway ErrorPortAllocation"
      rejected-connections  = "AWS/ApplicationELB RejectedConnectionCount"
      target-5xx            = "AWS/ApplicationELB HTTPCode_Target_5XX_Count"
    }
    error_message = "The metrics have changed."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["load-balancer-5xx"].dimensions == tomap({ LoadBalancer = "app/mock/0000000000000000" })
    error_message = "What the load balancer does itself is measured for it as a whole."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["lambda-user-error"].dimensions == tomap({ LoadBalancer = "app/mock/0000000000000000", TargetGroup = "targetgroup/mock/0000000000000000" })
    error_message = "What the function makes of requests is measured for its target group."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["function-throttles"].dimensions == tomap({ FunctionName = "mock-function" })
    error_message = "The function must be measured by its name."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["firewall-blocks"].dimensions == tomap({ Region = "eu-west-1", Rule = "ALL", WebACL = "mock-firewall" })
    error_message = "All rules of the firewall must count together."
  }

  assert {
    condition     = [for key in ["nat-1-port-allocation", "nat-2-port-allocation"] : aws_cloudwatch_metric_alarm.metric[key].dimensions.NatGatewayId] == ["nat-mock-a", "nat-mock-b"]
    error_message = "Each NAT gateway needs an alarm of its own, in the given order."
  }
}

run "thresholds_are_shares_of_what_the_function_was_given" {
  command = plan

  variables {
    thresholds = { duration_percent = 50, concurrency_percent = 60 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["function-duration"].threshold == 5000 && aws_cloudwatch_metric_alarm.metric["function-duration"].extended_statistic == "p99"
    error_message = "Half of ten seconds are 5000 ms."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["function-concurrency"].threshold == 30 && aws_cloudwatch_metric_alarm.metric["function-concurrency"].statistic == "Maximum"
    error_message = "60 % of a reserve of fifty are thirty."
  }
}

run "a_function_without_a_reserve_is_not_held_against_one" {
  command = plan

  variables {
    reserved_concurrency = null
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.metric), "function-concurrency") && contains(keys(aws_cloudwatch_metric_alarm.metric), "function-throttles")
    error_message = "There is nothing to compare concurrency with; throttles still tell."
  }
}

run "a_network_without_nat_has_no_alarm_on_it" {
  command = plan

  variables {
    nat_gateway_ids = []
  }

  assert {
    condition     = length([for key in keys(aws_cloudwatch_metric_alarm.metric) : key if strcontains(key, "nat-")]) == 0
    error_message = "There is no gateway to watch."
  }
}

run "an_error_rate_is_errors_over_invocations" {
  command = plan

  assert {
    condition     = { for query in aws_cloudwatch_metric_alarm.share["function-error-rate"].metric_query : query.id => query.metric[0].metric_name if length(query.metric) > 0 } == { errors = "Errors", invocations = "Invocations" }
    error_message = "The rate is not made of what it should be made of."
  }

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.share["function-error-rate"].metric_query : query.expression if query.return_data == true] == ["IF(invocations > 0, 100 * errors / invocations, 0)"]
    error_message = "Exactly the rate must be compared with the threshold."
  }
}

run "every_answer_counts_once_in_the_share_of_failing_requests" {
  command = plan

  assert {
    condition = toset([for query in aws_cloudwatch_metric_alarm.share["failing-requests"].metric_query : query.metric[0].metric_name if length(query.metric) > 0]) == toset([
      "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_2XX_Count", "HTTPCode_Target_3XX_Count", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count",
    ])
    error_message = "RequestCount must not be among them: it has the requests that the load balancer failed as well."
  }

  assert {
    condition = alltrue(flatten([
      for alarm in aws_cloudwatch_metric_alarm.share : [
        for query in alarm.metric_query : strcontains(one([for other in alarm.metric_query : other.expression if other.return_data == true]), query.id)
        if length(query.metric) > 0
      ]
    ]))
    error_message = "A metric is fetched that no expression uses."
  }
}

run "the_api_is_down_when_most_requests_fail_and_they_are_not_just_a_few" {
  command = plan

  assert {
    condition     = aws_cloudwatch_composite_alarm.down.alarm_rule == "ALARM(\"test-failing-requests\") AND (ALARM(\"test-load-balancer-5xx\") OR ALARM(\"test-target-5xx\"))"
    error_message = "The rule has changed."
  }
}

run "only_our_alarms_may_use_the_topic_and_its_key" {
  assert {
    condition     = aws_kms_key.alarms.enable_key_rotation && aws_sns_topic.alarms.kms_master_key_id == aws_kms_key.alarms.arn
    error_message = "The topic must be encrypted with its own key, which AWS renews every year."
  }

  assert {
    condition = one([for statement in jsondecode(aws_kms_key.alarms.policy).Statement : statement.Condition if try(statement.Principal.Service, "") == "cloudwatch.amazonaws.com"]) == {
      StringEquals = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:eu-west-1:000000000000:test-alarms" }
    }
    error_message = "CloudWatch must be able to use the key, for this topic and nothing else."
  }

  assert {
    condition = one([for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement : statement.Condition if try(statement.Principal.Service, "") == "cloudwatch.amazonaws.com"]) == {
      StringEquals = { "aws:SourceAccount" = "000000000000" }
      ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:test-*" }
    }
    error_message = "CloudWatch must be able to publish, for the alarms of this account only."
  }

  assert {
    condition     = length([for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement : statement if statement.Effect == "Deny" && statement.Condition == { Bool = { "aws:SecureTransport" = "false" } }]) == 1
    error_message = "Nobody may publish without TLS."
  }
}

run "whoever_is_named_is_told" {
  command = plan

  variables {
    alarm_emails = ["on-call@example.com", "team@example.com"]
  }

  assert {
    condition     = { for address, subscription in aws_sns_topic_subscription.email : address => subscription.protocol } == { "on-call@example.com" = "email", "team@example.com" = "email" }
    error_message = "Every address needs a subscription."
  }
}

run "the_log_is_counted_by_level_and_can_be_asked" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_metric_filter.errors.log_group_name == "/aws/lambda/mock" && strcontains(aws_cloudwatch_log_metric_filter.errors.pattern, "$.level = \"ERROR\"")
    error_message = "Errors must be counted by the level that the lines have."
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].name == aws_cloudwatch_metric_alarm.metric["error-lines"].metric_name && aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].namespace == aws_cloudwatch_metric_alarm.metric["error-lines"].namespace
    error_message = "The alarm must watch what the filter counts."
  }

  assert {
    condition     = { for key, query in aws_cloudwatch_query_definition.this : query.name => one(query.log_group_names) if contains(["errors", "firewall"], key) } == { "test/errors" = "/aws/lambda/mock", "test/firewall" = "aws-waf-logs-mock" }
    error_message = "Each query must ask the log that it is about."
  }
}

run "the_dashboard_fits_on_one_screen_and_nothing_overlaps" {
  assert {
    condition     = max([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.x + widget.width]...) == 24 && max([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.y + widget.height]...) <= 16
    error_message = "One has to scroll."
  }

  assert {
    condition = length(distinct(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      [for x in range(widget.width) : [for y in range(widget.height) : "${widget.x + x}/${widget.y + y}"]]
    ]))) == sum([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.width * widget.height])
    error_message = "One chart covers another."
  }
}

run "the_dashboard_answers_its_questions_from_real_metrics" {
  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.markdown if widget.type == "text"] == ["## Is it up?", "## Is it slow?", "## Is it costing?"]
    error_message = "A question is missing."
  }

  assert {
    condition     = length(one([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.alarms if widget.type == "alarm"])) == 16
    error_message = "Every alarm belongs on the dashboard."
  }

  # Namespace and metric, pairs of dimension and value, and how to draw: always an even number and one.
  assert {
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      [for line in widget.properties.metrics : length(line) % 2 == 1 && can(line[length(line) - 1].stat)]
      if widget.type == "metric"
    ]))
    error_message = "A line of a chart is not one that CloudWatch draws."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "[\"AWS/NATGateway\",\"BytesOutToDestination\",\"NatGatewayId\",\"nat-mock-b\",")
    error_message = "What a NAT gateway carries must be shown: every byte is paid for."
  }
}

run "an_address_that_is_none_is_refused" {
  command = plan

  variables {
    alarm_emails = ["on-call"]
  }

  expect_failures = [var.alarm_emails]
}

run "a_timeout_that_lambda_does_not_have_is_refused" {
  command = plan

  variables {
    function_timeout_seconds = 901
  }

  expect_failures = [var.function_timeout_seconds]
}

run "a_load_balancer_that_no_metric_knows_is_refused" {
  command = plan

  variables {
    load_balancer_arn_suffix = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/mock/0000000000000000"
  }

  expect_failures = [var.load_balancer_arn_suffix]
}

run "a_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    name = "test api"
  }

  expect_failures = [var.name]
}

run "a_reserve_of_nothing_is_refused" {
  command = plan

  variables {
    reserved_concurrency = 0
  }

  expect_failures = [var.reserved_concurrency]
}

run "a_folder_with_a_slash_at_its_end_is_refused" {
  command = plan

  variables {
    runbooks = "docs/how-to/"
  }

  expect_failures = [var.runbooks]
}

run "a_target_group_that_no_metric_knows_is_refused" {
  command = plan

  variables {
    target_group_arn_suffix = "mock/0000000000000000"
  }

  expect_failures = [var.target_group_arn_suffix]
}

run "a_threshold_that_is_always_reached_is_refused" {
  command = plan

  variables {
    thresholds = { error_lines = 0 }
  }

  expect_failures = [var.thresholds]
}

run "a_percentage_that_is_never_reached_is_refused" {
  command = plan

  variables {
    thresholds = { failing_percent = 101 }
  }

  expect_failures = [var.thresholds]
}
