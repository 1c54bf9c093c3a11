output "target_group_arn_suffix" {
  description = "Target group of the function, as its metrics name it."
  value       = aws_lb_target_group.this.arn_suffix
}
