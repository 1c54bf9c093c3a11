# The API and Lambda's Python runtime use the same name for the level field.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "${var.name}-errors"
  log_group_name = var.log_group_name
  pattern        = "{ $.level = \"ERROR\" || $.level = \"CRITICAL\" }"

  metric_transformation {
    namespace     = var.name
    name          = "ErrorLines"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

locals {
  # The console groups saved queries by the part before the slash.
  queries = {
    errors = {
      log_group = var.log_group_name
      lines = [
        "fields @timestamp, status, route, error, cause, errorType, errorMessage, request_id, trace_id",
        "filter level = \"ERROR\"",
        "sort @timestamp desc",
        "limit 100",
      ]
    }
    slowest-requests = {
      log_group = var.log_group_name
      lines = [
        "fields @timestamp, duration_ms, route, status, cache, request_id, trace_id",
        "filter ispresent(duration_ms)",
        "sort duration_ms desc",
        "limit 100",
      ]
    }
    requests-by-route = {
      log_group = var.log_group_name
      lines = [
        "filter ispresent(duration_ms)",
        "stats count(*) as requests, pct(duration_ms, 50) as p50_ms, pct(duration_ms, 99) as p99_ms by route, status",
        "sort requests desc",
      ]
    }
    cache = {
      log_group = var.log_group_name
      lines = [
        "filter ispresent(cache)",
        "stats count(*) as requests, pct(duration_ms, 99) as p99_ms by cache, bin(5m)",
        "sort @timestamp desc",
      ]
    }
    cold-starts = {
      log_group = var.log_group_name
      lines = [
        "filter type = \"platform.report\" and ispresent(record.metrics.initDurationMs)",
        "stats count(*) as starts, avg(record.metrics.initDurationMs) as average_ms, max(record.metrics.initDurationMs) as longest_ms by bin(1h)",
      ]
    }
    firewall = {
      log_group = var.firewall_log_group_name
      lines = [
        "stats count(*) as requests by action, terminatingRuleId, labels.0.name, httpRequest.clientIp, httpRequest.country",
        "sort requests desc",
        "limit 100",
      ]
    }
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.queries

  name            = "${var.name}/${each.key}"
  log_group_names = [each.value.log_group]
  query_string    = join("\n| ", each.value.lines)
}
