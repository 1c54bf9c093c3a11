locals {
  # A zone keeps its index, and so its address ranges, as long as zones are only ever appended.
  zone_index = { for index, zone in var.availability_zones : zone => index }
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr_block

  # DNS itself is on by default, which is all the S3 endpoint needs; nothing here has a host name.
  tags = { Name = var.name }
}

# The default group lets everything in it talk to everything else. Without rules, a resource that
# forgot to name its own group is cut off instead of open.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-locked" }
}

# One /24 in each zone: load balancers and NAT gateways take few addresses.
resource "aws_subnet" "public" {
  for_each = local.zone_index

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr_block, 8, each.value)

  tags = { Name = "${var.name}-public-${each.key}" }
}

# One /20 in each zone, from the second sixteenth of the network on: the public ranges fill the first.
resource "aws_subnet" "private" {
  for_each = local.zone_index

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr_block, 4, each.value + 1)

  tags = { Name = "${var.name}-private-${each.key}" }
}
