locals {
  # Three columns, one for each question, with the charts below it.
  questions = [
    {
      title = "Is it up?"
      charts = [
        {
          title = "Answers"
          lines = [
            { source = "target", metric = "HTTPCode_Target_2XX_Count", statistic = "Sum", label = "2xx" },
            { source = "target", metric = "HTTPCode_Target_3XX_Count", statistic = "Sum", label = "3xx" },
            { source = "target", metric = "HTTPCode_Target_4XX_Count", statistic = "Sum", label = "4xx" },
            { source = "target", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum", label = "5xx of the API" },
            { source = "load_balancer", metric = "HTTPCode_ELB_5XX_Count", statistic = "Sum", label = "5xx of the load balancer" },
          ]
        },
        {
          title = "What fails"
          lines = [
            { source = "function", metric = "Errors", statistic = "Sum", label = "invocations" },
            { source = "function", metric = "Throttles", statistic = "Sum", label = "throttled" },
            { source = "error_lines", metric = local.metric_alarms["error-lines"].metric, statistic = "Sum", label = "error lines" },
            { source = "load_balancer", metric = "RejectedConnectionCount", statistic = "Sum", label = "rejected connections" },
            { source = "firewall", metric = "BlockedRequests", statistic = "Sum", label = "blocked by the firewall" },
          ]
        },
      ]
    },
    {
      title = "Is it slow?"
      charts = [
        {
          title = "Answer time in seconds"
          limit = { label = "alarm", value = var.thresholds.latency_seconds }
          lines = [
            { source = "target", metric = "TargetResponseTime", statistic = "p50", label = "median" },
            { source = "target", metric = "TargetResponseTime", statistic = "p99", label = "p99" },
          ]
        },
        {
          title = "Function in milliseconds"
          limit = { label = "alarm", value = local.metric_alarms["function-duration"].threshold }
          lines = [
            { source = "function", metric = "Duration", statistic = "p50", label = "median" },
            { source = "function", metric = "Duration", statistic = "p99", label = "p99" },
            { source = "function", metric = "ConcurrentExecutions", statistic = "Maximum", label = "at once", axis = "right" },
          ]
        },
      ]
    },
    {
      title = "Is it costing?"
      charts = [
        {
          title = "Load balancer and network"
          lines = concat(
            [{ source = "load_balancer", metric = "ConsumedLCUs", statistic = "Average", label = "capacity units" }],
            [
              for key in keys(local.nat_gateways) :
              { source = key, metric = "BytesOutToDestination", statistic = "Sum", label = "bytes out by ${key}", axis = "right" }
            ],
          )
        },
        {
          title = "Function and logs"
          lines = [
            { source = "function", metric = "Invocations", statistic = "Sum", label = "invocations" },
            { source = "function", metric = "Duration", statistic = "Sum", label = "milliseconds run", axis = "right" },
            { source = "log", metric = "IncomingBytes", statistic = "Sum", label = "bytes logged", axis = "right" },
          ]
        },
      ]
    },
  ]

  # A dashboard is 24 columns wide; this one fits on one screen.
  alarm_height = 3
  title_height = 1
  chart_height = 6
  width        = 8

  alarms = {
    type       = "alarm"
    x          = 0
    y          = 0
    width      = local.width * length(local.questions)
    height     = local.alarm_height
    properties = { title = "Alarms", alarms = local.alarm_arns }
  }

  titles = [
    for column, question in local.questions : {
      type       = "text"
      x          = local.width * column
      y          = local.alarm_height
      width      = local.width
      height     = local.title_height
      properties = { markdown = "## ${question.title}" }
    }
  ]

  charts = flatten([
    for column, question in local.questions : [
      for row, chart in question.charts : {
        type   = "metric"
        x      = local.width * column
        y      = local.alarm_height + local.title_height + local.chart_height * row
        width  = local.width
        height = local.chart_height

        properties = {
          title       = chart.title
          region      = local.region
          view        = "timeSeries"
          period      = 300
          yAxis       = { left = { min = 0 }, right = { min = 0 } }
          annotations = { horizontal = try([chart.limit], []) }

          # Namespace, metric, dimensions, and rendering options.
          metrics = [
            for line in chart.lines : concat(
              [local.sources[line.source].namespace, line.metric],
              flatten([for name, value in local.sources[line.source].dimensions : [name, value]]),
              [{ stat = line.statistic, label = line.label, yAxis = try(line.axis, "left") }],
            )
          ]
        }
      }
    ]
  ])

  alarm_arns = concat(
    [aws_cloudwatch_composite_alarm.down.arn],
    [for alarm in aws_cloudwatch_metric_alarm.share : alarm.arn],
    [for alarm in aws_cloudwatch_metric_alarm.metric : alarm.arn],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = concat([local.alarms], local.titles, local.charts) })
}
