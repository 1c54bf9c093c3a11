locals {
  # Metric, threshold and meaning of each alarm. A period is five minutes. A sustained alarm needs two
  # periods of three; the others need one.
  metric_alarms = merge(
    {
      load-balancer-5xx = {
        source    = "load_balancer"
        metric    = "HTTPCode_ELB_5XX_Count"
        statistic = "Sum"
        threshold = var.thresholds.server_errors
        sustained = false
        meaning   = "The load balancer itself answers with errors: the function failed, or it could not be asked."
        runbook   = "alarm-errors"
      }
      target-5xx = {
        source    = "target"
        metric    = "HTTPCode_Target_5XX_Count"
        statistic = "Sum"
        threshold = var.thresholds.server_errors
        sustained = false
        meaning   = "The API answers with errors: it could not read its documents, or has a defect."
        runbook   = "alarm-errors"
      }
      lambda-user-error = {
        source    = "target"
        metric    = "LambdaUserError"
        statistic = "Sum"
        threshold = var.thresholds.server_errors
        sustained = false
        meaning   = "The load balancer could not use the function's answers, or may not invoke it."
        runbook   = "alarm-errors"
      }
      lambda-internal-error = {
        source    = "target"
        metric    = "LambdaInternalError"
        statistic = "Sum"
        threshold = var.thresholds.server_errors
        sustained = false
        meaning   = "Lambda or the load balancer failed, not our code."
        runbook   = "alarm-errors"
      }
      error-lines = {
        source    = "error_lines"
        metric    = aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].name
        statistic = "Sum"
        threshold = var.thresholds.error_lines
        sustained = false
        meaning   = "The function logs errors."
        runbook   = "alarm-errors"
      }
      latency = {
        source    = "target"
        metric    = "TargetResponseTime"
        statistic = "p99"
        threshold = var.thresholds.latency_seconds
        sustained = true
        meaning   = "One request in a hundred waits ${var.thresholds.latency_seconds} s or longer for its answer."
        runbook   = "alarm-latency"
      }
      function-duration = {
        source    = "function"
        metric    = "Duration"
        statistic = "p99"
        threshold = var.thresholds.duration_percent * var.function_timeout_seconds * 10 # milliseconds
        sustained = true
        meaning   = "The slowest requests take ${var.thresholds.duration_percent} % of the ${var.function_timeout_seconds} s after which Lambda stops them."
        runbook   = "alarm-latency"
      }
      function-throttles = {
        source    = "function"
        metric    = "Throttles"
        statistic = "Sum"
        threshold = 1
        sustained = false
        meaning   = "Lambda turned requests away: the function's reserve, or the account's concurrency, was used up."
        runbook   = "alarm-capacity"
      }
      rejected-connections = {
        source    = "load_balancer"
        metric    = "RejectedConnectionCount"
        statistic = "Sum"
        threshold = 1
        sustained = false
        meaning   = "The load balancer turned connections away because it had as many as it can hold."
        runbook   = "alarm-capacity"
      }
      firewall-blocks = {
        source    = "firewall"
        metric    = "BlockedRequests"
        statistic = "Sum"
        threshold = var.thresholds.blocked_requests
        sustained = false
        meaning   = "The firewall blocks many requests: an attack, or a rule that hits the wrong ones."
        runbook   = "alarm-firewall"
      }
    },
    {
      # Only with a reserve: without one there is no limit to compare with.
      for reserve in var.reserved_concurrency[*] : "function-concurrency" => {
        source    = "function"
        metric    = "ConcurrentExecutions"
        statistic = "Maximum"
        threshold = var.thresholds.concurrency_percent * reserve / 100
        sustained = true
        meaning   = "The function uses ${var.thresholds.concurrency_percent} % of its reserve of ${reserve} requests at once."
        runbook   = "alarm-capacity"
      }
    },
    {
      for key, id in local.nat_gateways : "${key}-port-allocation" => {
        source    = key
        metric    = "ErrorPortAllocation"
        statistic = "Sum"
        threshold = 1
        sustained = false
        meaning   = "The NAT gateway ${id} had no port left for a connection to the internet."
        runbook   = "alarm-capacity"
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "metric" {
  for_each = local.metric_alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.meaning} Runbook: ${var.runbooks}/${each.value.runbook}.md"

  namespace          = local.sources[each.value.source].namespace
  metric_name        = each.value.metric
  dimensions         = local.sources[each.value.source].dimensions
  statistic          = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic = startswith(each.value.statistic, "p") ? each.value.statistic : null

  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = each.value.sustained ? 3 : 1
  datapoints_to_alarm = each.value.sustained ? 2 : 1
  treat_missing_data  = "notBreaching"

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}
