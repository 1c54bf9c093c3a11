output "apply_role_arn" {
  description = "Role for jobs of the GitHub environment: changes the environment."
  value       = aws_iam_role.this["apply"].arn
}

output "permissions_boundary_arn" {
  description = "The most that a role of the environment can do; the apply role makes no role without it."
  value       = aws_iam_policy.boundary.arn
}

output "plan_role_arn" {
  description = "Role for jobs of pull requests: reads what a plan compares, and locks states."
  value       = aws_iam_role.this["plan"].arn
}
