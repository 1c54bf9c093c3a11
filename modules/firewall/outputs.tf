output "log_group_name" {
  description = "Where the record of what was blocked or counted is."
  value       = aws_cloudwatch_log_group.this.name
}

output "web_acl_name" {
  description = "The firewall as its metrics name it."
  value       = aws_wafv2_web_acl.this.visibility_config[0].metric_name
}
