data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # A zone keeps its index, and so its address ranges, as long as zones are only ever appended.
  zone_index = { for index, zone in var.availability_zones : zone => index }
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr_block

  # DNS itself is on by default, which is all the S3 endpoint needs; nothing here has a host name.
  tags = { Name = var.name }
}

# 256 times smaller than the network: load balancers and NAT gateways take few addresses. All six
# possible zones fit into the first sixteenth.
resource "aws_subnet" "public" {
  for_each = local.zone_index

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = cidrsubnet(var.cidr_block, 8, each.value)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }
}

# A sixteenth each, from the second on; nine stay free for whatever comes.
resource "aws_subnet" "private" {
  for_each = local.zone_index

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = cidrsubnet(var.cidr_block, 4, each.value + 1)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-private-${each.key}" }
}
