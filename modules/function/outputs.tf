output "alias_arn" {
  description = "What a target group invokes: the live version, whichever it is."
  value       = aws_lambda_alias.live.arn
}

output "alias_name" {
  description = "The alias as a permission names it, beside function_name."
  value       = aws_lambda_alias.live.name
}

output "function_name" {
  description = "The function as a permission and a person name it."
  value       = aws_lambda_function.this.function_name
}

output "log_group_name" {
  description = "Where the function's logs are."
  value       = aws_cloudwatch_log_group.this.name
}

output "reserved_concurrency" {
  description = "Requests that the function serves at once at most; null, and so absent from the state, where it has no reserve."
  value       = var.reserved_concurrency
}

output "timeout_seconds" {
  description = "Seconds a request may run, which alarms compare its duration with."
  value       = aws_lambda_function.this.timeout
}

output "version" {
  description = "The published version that live points to."
  value       = aws_lambda_alias.live.function_version
}
