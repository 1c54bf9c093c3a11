data "aws_caller_identity" "current" {}

resource "aws_lb_target_group" "this" {
  name        = var.name
  target_type = "lambda"

  # Without multi-value headers the function would get only the last value of a repeated header or
  # parameter.
  lambda_multi_value_headers_enabled = true

  # Each health check is a paid invocation, and a single target gets requests even when it is unhealthy:
  # alarms on errors and latency say more.
  health_check {
    enabled = false
  }
}

resource "aws_lambda_permission" "this" {
  statement_id   = "AllowLoadBalancer"
  action         = "lambda:InvokeFunction"
  principal      = "elasticloadbalancing.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
  source_arn     = aws_lb_target_group.this.arn
  function_name  = var.function_name
  qualifier      = var.alias_name
}

resource "aws_lb_target_group_attachment" "this" {
  target_group_arn = aws_lb_target_group.this.arn
  target_id        = var.alias_arn

  # AWS refuses to register a function that the load balancer may not invoke.
  depends_on = [aws_lambda_permission.this]
}

resource "aws_lb_listener_rule" "this" {
  listener_arn = var.listener_arn
  priority     = var.priority

  condition {
    path_pattern {
      values = var.paths
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  tags = { Name = var.name }

  # A rule whose target group is empty answers 503.
  depends_on = [aws_lb_target_group_attachment.this]
}
