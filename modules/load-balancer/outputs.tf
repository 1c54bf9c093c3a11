output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "ARN suffix of the load balancer, as metrics name it."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "DNS name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "listener_arn" {
  description = "Listener for routes: HTTPS with a certificate, otherwise HTTP."
  value       = one(concat(aws_lb_listener.https[*].arn, var.certificate_arn == null ? [aws_lb_listener.http.arn] : []))
}

output "log_bucket_name" {
  description = "Bucket of the access logs and connection logs."
  value       = aws_s3_bucket.logs.bucket
}

output "zone_id" {
  description = "Hosted zone of the DNS name, for an alias record in Route 53."
  value       = aws_lb.this.zone_id
}
