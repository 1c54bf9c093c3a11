output "nat_gateway_ids" {
  description = "NAT gateway ids, for alarms; empty without NAT."
  value       = [for gateway in aws_nat_gateway.this : gateway.id]
}

output "nat_public_ips" {
  description = "Source addresses of requests from private subnets, for allow-lists of other services; empty without NAT."
  value       = [for address in aws_eip.nat : address.public_ip]
}

output "private_subnet_ids" {
  description = "Subnets that the internet cannot reach, in the order of the zone names."
  value       = [for subnet in aws_subnet.private : subnet.id]
}

output "public_subnet_ids" {
  description = "Subnets that the internet can reach, in the order of the zone names."
  value       = [for subnet in aws_subnet.public : subnet.id]
}

output "s3_endpoint_id" {
  description = "S3 gateway endpoint of the private subnets, for bucket policies that name it."
  value       = aws_vpc_endpoint.s3.id
}

output "s3_prefix_list_id" {
  description = "Prefix list of S3 in this Region, for security group rules that allow only S3."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}

output "vpc_id" {
  description = "Id of the VPC, for security groups and other resources in it."
  value       = aws_vpc.this.id
}
