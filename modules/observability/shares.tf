locals {
  # Percentages need metric math. Load balancer metrics have no data point when they would be 0.
  share_alarms = {
    failing-requests = {
      expression = "100 * (FILL(balancer, 0) + FILL(failed, 0)) / (FILL(balancer, 0) + FILL(failed, 0) + FILL(found, 0) + FILL(unchanged, 0) + FILL(refused, 0))"
      label      = "requests answered with an error of ours, in percent"
      metrics = {
        balancer  = { source = "load_balancer", metric = "HTTPCode_ELB_5XX_Count" }
        failed    = { source = "target", metric = "HTTPCode_Target_5XX_Count" }
        found     = { source = "target", metric = "HTTPCode_Target_2XX_Count" }
        unchanged = { source = "target", metric = "HTTPCode_Target_3XX_Count" }
        refused   = { source = "target", metric = "HTTPCode_Target_4XX_Count" }
      }
      threshold      = var.thresholds.failing_percent
      period_seconds = 60
      periods        = 5
      datapoints     = 3
      meaning        = "${var.thresholds.failing_percent} % of all requests or more get an error."
      runbook        = "alarm-api-is-down"
    }
    function-error-rate = {
      expression = "IF(invocations > 0, 100 * errors / invocations, 0)"
      label      = "invocations that failed, in percent"
      metrics = {
        errors      = { source = "function", metric = "Errors" }
        invocations = { source = "function", metric = "Invocations" }
      }
      threshold      = var.thresholds.error_rate_percent
      period_seconds = 300
      periods        = 3
      datapoints     = 2
      meaning        = "${var.thresholds.error_rate_percent} % of the function's invocations or more fail: it crashes, runs out of time or of memory, or cannot start."
      runbook        = "alarm-errors"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "share" {
  for_each = local.share_alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.meaning} Runbook: ${var.runbooks}/${each.value.runbook}.md"

  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.datapoints
  treat_missing_data  = "notBreaching"

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "share"
    expression  = each.value.expression
    label       = each.value.label
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id = metric_query.key

      metric {
        namespace   = local.sources[metric_query.value.source].namespace
        metric_name = metric_query.value.metric
        dimensions  = local.sources[metric_query.value.source].dimensions
        stat        = "Sum"
        period      = each.value.period_seconds
      }
    }
  }
}
