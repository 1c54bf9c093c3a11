locals {
  first_zone = var.availability_zones[0]

  nat_zones = {
    none     = []
    single   = [local.first_zone]
    per_zone = var.availability_zones
  }[var.nat_mode]

  # The NAT gateway of each private subnet, by zone.
  nat_zone_of = {
    for zone in var.availability_zones : zone => var.nat_mode == "per_zone" ? zone : local.first_zone
    if var.nat_mode != "none"
  }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  #checkov:skip=TERRARIUM_INTERNET_ROUTE:Public subnets hold only load balancers and NAT gateways; no instance gets a public address there.
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  route_table_id = aws_route_table.public.id
  subnet_id      = each.value.id
}

resource "aws_eip" "nat" {
  for_each = toset(local.nat_zones)

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }

  # AWS refuses to release the address after the internet gateway is gone.
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = toset(local.nat_zones)

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name}-${each.key}" }

  # A NAT gateway fails to start until its subnet reaches the internet.
  depends_on = [aws_route.internet, aws_route_table_association.public]
}

# One route table for each zone even with a single NAT gateway, so that a change of nat_mode replaces
# only routes and no subnet changes its table.
resource "aws_route_table" "private" {
  for_each = local.zone_index

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route" "nat" {
  for_each = local.nat_zone_of

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.value].id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  route_table_id = aws_route_table.private[each.key].id
  subnet_id      = each.value.id
}
