output "dashboard_name" {
  description = "Dashboard that shows whether the API is up, slow or costly."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "topic_arn" {
  description = "Topic that every alarm is published to, for whatever else should hear of it, such as a pager."
  value       = aws_sns_topic.alarms.arn
}
