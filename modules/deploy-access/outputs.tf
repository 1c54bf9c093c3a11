output "apply_role_arn" {
  description = "Role for jobs of the GitHub environment; it changes the environment."
  value       = aws_iam_role.this["apply"].arn
}

output "permissions_boundary_arn" {
  description = "Permissions boundary that every role of the environment must carry."
  value       = aws_iam_policy.boundary.arn
}

output "plan_role_arn" {
  description = "Role for jobs of pull requests; it reads what a plan compares and locks states."
  value       = aws_iam_role.this["plan"].arn
}
