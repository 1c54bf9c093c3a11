output "nat_gateway_ids" {
  description = "NAT gateways, for what watches them; empty without NAT."
  value       = [for gateway in aws_nat_gateway.this : gateway.id]
}

output "nat_public_ips" {
  description = "Addresses that requests from private subnets come from, for the allow-lists of others; empty without NAT."
  value       = [for address in aws_eip.nat : address.public_ip]
}

output "private_subnet_ids" {
  description = "Subnets without a way in from the internet, in the order of the zones' names."
  value       = [for subnet in aws_subnet.private : subnet.id]
}

output "public_subnet_ids" {
  description = "Subnets that the internet can reach, in the order of the zones' names."
  value       = [for subnet in aws_subnet.public : subnet.id]
}

output "s3_endpoint_id" {
  description = "Endpoint that requests of private subnets to S3 come through, for bucket policies that name it."
  value       = aws_vpc_endpoint.s3.id
}

output "s3_prefix_list_id" {
  description = "Addresses of S3 in this Region, for security group rules that allow S3 and nothing else."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}

output "vpc_id" {
  description = "The network itself, for security groups and anything else that lives in it."
  value       = aws_vpc.this.id
}
