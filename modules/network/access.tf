# AWS's default security group and network ACL allow everything. Without rules, a resource or a subnet
# that nobody assigned is cut off instead of open.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-locked" }
}

resource "aws_default_network_acl" "this" {
  default_network_acl_id = aws_vpc.this.default_network_acl_id

  tags = { Name = "${var.name}-default-locked" }

  lifecycle {
    # AWS keeps this list: a subnet is on it until its own ACL takes it over.
    ignore_changes = [subnet_ids]
  }
}

# A network ACL is stateless: each connection needs a rule for the request's port and a rule for the
# ephemeral ports of the answer. All traffic here is TCP; the VPC's resolver bypasses network ACLs.
locals {
  anywhere       = "0.0.0.0/0"
  listener_ports = [80, 443]

  # Ephemeral ports of clients, NAT gateways and functions, as AWS documents them.
  answer_ports = { from = 1024, to = 65535 }

  from_public_clients = flatten([
    for range in var.public_client_cidr_blocks : [
      for port in local.listener_ports : { cidr_block = range, from = port, to = port }
    ]
  ])
  from_private_clients = flatten([
    for range in var.private_client_cidr_blocks : [
      for port in local.listener_ports : { cidr_block = range, from = port, to = port }
    ]
  ])
  to_private_clients = [for range in var.private_client_cidr_blocks : merge(local.answer_ports, { cidr_block = range })]

  to_outside   = [for port in var.egress_ports : { cidr_block = local.anywhere, from = port, to = port }]
  from_outside = [merge(local.answer_ports, { cidr_block = local.anywhere })]

  # Packets of private subnets enter the public subnets on their way to a NAT gateway.
  to_nat = [for port in var.egress_ports : { cidr_block = var.cidr_block, from = port, to = port }]

  has_nat        = var.nat_mode != "none"
  public_ingress = concat(local.from_public_clients, local.has_nat ? concat(local.to_nat, local.from_outside) : [])
  public_egress  = concat([merge(local.answer_ports, { cidr_block = local.anywhere })], local.has_nat ? local.to_outside : [])

  # Without NAT, private subnets reach only S3. The S3 endpoint answers from public addresses, which a
  # network ACL cannot name by prefix list: the function's security group does that.
  private_ingress = concat(local.from_outside, local.from_private_clients)
  private_egress  = concat(local.to_outside, local.to_private_clients)
}

resource "aws_network_acl" "public" {
  #checkov:skip=CKV_AWS_231:Port 3389 is in the range of ephemeral ports; no security group opens it.
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for subnet in aws_subnet.public : subnet.id]

  dynamic "ingress" {
    for_each = local.public_ingress

    content {
      rule_no    = 100 + 10 * ingress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = ingress.value.cidr_block
      from_port  = ingress.value.from
      to_port    = ingress.value.to
    }
  }

  dynamic "egress" {
    for_each = local.public_egress

    content {
      rule_no    = 100 + 10 * egress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = egress.value.cidr_block
      from_port  = egress.value.from
      to_port    = egress.value.to
    }
  }

  tags = { Name = "${var.name}-public" }
}

resource "aws_network_acl" "private" {
  #checkov:skip=CKV_AWS_231:Port 3389 is in the range of ephemeral ports; no security group opens it.
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]

  dynamic "ingress" {
    for_each = local.private_ingress

    content {
      rule_no    = 100 + 10 * ingress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = ingress.value.cidr_block
      from_port  = ingress.value.from
      to_port    = ingress.value.to
    }
  }

  dynamic "egress" {
    for_each = local.private_egress

    content {
      rule_no    = 100 + 10 * egress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = egress.value.cidr_block
      from_port  = egress.value.from
      to_port    = egress.value.to
    }
  }

  tags = { Name = "${var.name}-private" }
}
