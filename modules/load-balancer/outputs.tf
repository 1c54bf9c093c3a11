output "arn" {
  description = "The load balancer, for what attaches to it as a whole."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "The load balancer as its metrics name it."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "Host name that the load balancer answers to."
  value       = aws_lb.this.dns_name
}

output "listener_arn" {
  description = "Listener that routes attach to: HTTPS with a certificate, HTTP without."
  value       = one(concat(aws_lb_listener.https[*].arn, var.certificate_arn == null ? [aws_lb_listener.http.arn] : []))
}

output "log_bucket_name" {
  description = "Bucket of the access logs and connection logs, for whoever has to read them."
  value       = aws_s3_bucket.logs.bucket
}

output "zone_id" {
  description = "Hosted zone of dns_name, for an alias record in Route 53."
  value       = aws_lb.this.zone_id
}
