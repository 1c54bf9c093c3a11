output "log_group_name" {
  description = "Log group of the blocked and counted requests."
  value       = aws_cloudwatch_log_group.this.name
}

output "web_acl_name" {
  description = "Name of the web ACL, as metrics name it."
  value       = aws_wafv2_web_acl.this.visibility_config[0].metric_name
}
