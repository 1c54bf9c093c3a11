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

output "version" {
  description = "The published version that live points to."
  value       = aws_lambda_alias.live.function_version
}
