output "target_group_arn" {
  description = "Target group of the function, for its health and metrics."
  value       = aws_lb_target_group.this.arn
}
