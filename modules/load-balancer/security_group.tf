# No egress rule: the load balancer calls Lambda's API, and security groups do not apply to that. Targets
# with addresses, or authentication at an identity provider, would need one.
resource "aws_security_group" "this" {
  #checkov:skip=CKV_AWS_260:After an apply the rules below also appear in the group; see their reason.
  name        = "${var.name}-load-balancer"
  description = "The load balancer ${var.name}: its listeners, and nothing out"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-load-balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  #checkov:skip=CKV_AWS_260:The brief asks for port 80 open to everyone; client_cidr_blocks can narrow it.
  for_each = toset(var.client_cidr_blocks)

  security_group_id = aws_security_group.this.id
  description       = "HTTP from ${each.key}"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = each.key
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each = var.certificate_arn == null ? toset([]) : toset(var.client_cidr_blocks)

  security_group_id = aws_security_group.this.id
  description       = "HTTPS from ${each.key}"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.key
}
