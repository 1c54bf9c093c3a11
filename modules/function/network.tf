resource "aws_security_group" "this" {
  name        = "${var.name}-function"
  description = "The function ${var.name}: connections out only"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-function" }
}

# Security groups do not apply to the VPC's resolver, and logs and traces leave through Lambda's own
# network.
resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.this.id
  description       = "Documents, from S3 through its endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = var.s3_prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "wider" {
  for_each = toset(var.egress_cidr_blocks)

  security_group_id = aws_security_group.this.id
  description       = "Any connection out to ${each.value}, as egress_cidr_blocks asks"
  ip_protocol       = "-1"
  cidr_ipv4         = each.value
}
