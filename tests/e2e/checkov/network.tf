resource "aws_security_group" "inline" { # fails TERRARIUM_INLINE_GROUP_RULE, CKV_AWS_23
  vpc_id = "vpc-1"

  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}

resource "aws_security_group" "correct" {
  description = "Load balancer"
  vpc_id      = "vpc-1"
}

resource "aws_security_group_rule" "old" { # fails TERRARIUM_OLD_GROUP_RULE
  description       = "HTTP"
  security_group_id = aws_security_group.correct.id
  type              = "ingress"
  from_port         = 80
  to_port           = 80
  protocol          = "tcp"
  cidr_blocks       = ["10.0.0.0/8"]
}

resource "aws_vpc_security_group_ingress_rule" "undescribed" { # fails CKV_AWS_23
  security_group_id = aws_security_group.correct.id
  from_port         = 80
  to_port           = 80
  ip_protocol       = "tcp"
  cidr_ipv4         = "10.0.0.0/8"
}

resource "aws_vpc_security_group_egress_rule" "correct" {
  description       = "HTTPS"
  security_group_id = aws_security_group.correct.id
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
  cidr_ipv4         = "10.0.0.0/8"
}

resource "aws_route" "internet" { # fails TERRARIUM_INTERNET_ROUTE
  route_table_id         = "rtb-1"
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = "igw-1"
}

resource "aws_route" "internet_ipv6" { # fails TERRARIUM_INTERNET_ROUTE
  route_table_id              = "rtb-1"
  destination_ipv6_cidr_block = "::/0"
  gateway_id                  = "igw-1"
}

resource "aws_route" "nat" {
  route_table_id         = "rtb-1"
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = "nat-1"
}

resource "aws_route" "peer" {
  route_table_id         = "rtb-1"
  destination_cidr_block = "10.1.0.0/16"
  gateway_id             = "vgw-1"
}

resource "aws_route_table" "inline" { # fails TERRARIUM_INLINE_INTERNET_ROUTE
  vpc_id = "vpc-1"

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = "igw-1"
  }
}

resource "aws_route_table" "correct" {
  vpc_id = "vpc-1"
}
