data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # A zone keeps its index, and with it its address ranges, as long as zones are only appended.
  zone_index = { for index, zone in var.availability_zones : zone => index }
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr_block

  # DNS support is on by default, and the S3 endpoint needs no more; no resource here has a host name.
  tags = { Name = var.name }
}

# 256 times smaller than the network: load balancers and NAT gateways need few addresses. The subnets of
# six zones fit into the first sixteenth.
resource "aws_subnet" "public" {
  for_each = local.zone_index

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = cidrsubnet(var.cidr_block, 8, each.value)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }
}

# One sixteenth each, from the second sixteenth on; nine sixteenths stay free.
resource "aws_subnet" "private" {
  for_each = local.zone_index

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = cidrsubnet(var.cidr_block, 4, each.value + 1)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-private-${each.key}" }
}
