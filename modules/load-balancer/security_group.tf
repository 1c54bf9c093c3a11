resource "aws_security_group" "this" {
  name        = "${var.name}-load-balancer"
  description = "The load balancer ${var.name}: HTTP from anywhere, connections out"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-load-balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  security_group_id = aws_security_group.this.id
  description       = "HTTP from anywhere"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  count = var.certificate_arn == null ? 0 : 1

  security_group_id = aws_security_group.this.id
  description       = "HTTPS from anywhere"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "Any connection out, to targets"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}
