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

output "vpc_id" {
  description = "The network itself, for security groups and anything else that lives in it."
  value       = aws_vpc.this.id
}
