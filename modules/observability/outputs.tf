output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "topic_arn" {
  description = "Topic of every alarm, for more subscribers such as a pager."
  value       = aws_sns_topic.alarms.arn
}
