data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # Namespaces and dimensions of the metrics. A target group metric also needs the load balancer.
  sources = merge(
    {
      load_balancer = {
        namespace  = "AWS/ApplicationELB"
        dimensions = { LoadBalancer = var.load_balancer_arn_suffix }
      }
      target = {
        namespace = "AWS/ApplicationELB"
        dimensions = {
          LoadBalancer = var.load_balancer_arn_suffix
          TargetGroup  = var.target_group_arn_suffix
        }
      }
      function = {
        namespace  = "AWS/Lambda"
        dimensions = { FunctionName = var.function_name }
      }
      firewall = {
        namespace = "AWS/WAFV2"
        dimensions = {
          Region = local.region
          Rule   = "ALL"
          WebACL = var.web_acl_name
        }
      }
      log = {
        namespace  = "AWS/Logs"
        dimensions = { LogGroupName = var.log_group_name }
      }
      error_lines = {
        namespace  = aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].namespace
        dimensions = {}
      }
    },
    {
      for key, id in local.nat_gateways : key => {
        namespace  = "AWS/NATGateway"
        dimensions = { NatGatewayId = id }
      }
    },
  )

  # Numbered, because the gateway ids are unknown until they exist.
  nat_gateways = { for index, id in var.nat_gateway_ids : "nat-${index + 1}" => id }
}

# A share means little with two requests, and five errors mean little among thousands: require both.
resource "aws_cloudwatch_composite_alarm" "down" {
  alarm_name        = "${var.name}-api-is-down"
  alarm_description = "The API is down: most clients get errors. Runbook: ${var.runbooks}/alarm-api-is-down.md"

  alarm_rule = join(" AND ", [
    "ALARM(\"${aws_cloudwatch_metric_alarm.share["failing-requests"].alarm_name}\")",
    "(${join(" OR ", [for key in ["load-balancer-5xx", "target-5xx"] : "ALARM(\"${aws_cloudwatch_metric_alarm.metric[key].alarm_name}\")"])})",
  ])

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}
