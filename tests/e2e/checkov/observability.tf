resource "aws_cloudwatch_log_group" "endless" { # fails TERRARIUM_LOG_RETENTION
  name = "endless"
}

resource "aws_cloudwatch_log_group" "zero" { # fails TERRARIUM_LOG_RETENTION
  name              = "zero"
  retention_in_days = 0
}

resource "aws_cloudwatch_log_group" "correct" {
  name              = "correct"
  retention_in_days = 7
}

resource "aws_cloudwatch_metric_alarm" "silent" { # fails TERRARIUM_ALARM_ACTION
  alarm_name    = "silent"
  alarm_actions = []
}

resource "aws_cloudwatch_metric_alarm" "off" { # fails TERRARIUM_ALARM_ACTION
  alarm_name      = "off"
  alarm_actions   = ["arn:aws:sns:eu-west-1:111111111111:alarms"]
  actions_enabled = false
}

resource "aws_cloudwatch_composite_alarm" "silent" { # fails TERRARIUM_ALARM_ACTION
  alarm_name = "silent"
  alarm_rule = "ALARM(silent)"
}

resource "aws_cloudwatch_metric_alarm" "correct" {
  alarm_name    = "correct"
  alarm_actions = [aws_sns_topic.alarms.arn]
}

resource "aws_sns_topic" "alarms" {
  name = "alarms"
}
