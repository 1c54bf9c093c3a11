output "target_group_arn_suffix" {
  description = "ARN suffix of the target group, as metrics name it."
  value       = aws_lb_target_group.this.arn_suffix
}
