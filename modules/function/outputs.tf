output "alias_arn" {
  description = "ARN of the alias that a target group invokes."
  value       = aws_lambda_alias.live.arn
}

output "alias_name" {
  description = "Name of the alias, for a permission."
  value       = aws_lambda_alias.live.name
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "log_group_name" {
  description = "Log group of the function."
  value       = aws_cloudwatch_log_group.this.name
}

output "reserved_concurrency" {
  description = "Reserved concurrency of the function; null, and therefore absent from the state, when it has none."
  value       = var.reserved_concurrency
}

output "timeout_seconds" {
  description = "Timeout of the function in seconds, for alarms on its duration."
  value       = aws_lambda_function.this.timeout
}

output "version" {
  description = "Published version that the alias live points to."
  value       = aws_lambda_alias.live.function_version
}
