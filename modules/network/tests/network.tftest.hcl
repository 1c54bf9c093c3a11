mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                  = "test"
  availability_zones    = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  document_bucket_names = ["mock-documents"]
}

run "every_zone_gets_a_public_and_a_private_range" {
  command = plan

  assert {
    condition     = [for subnet in aws_subnet.public : subnet.cidr_block] == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]
    error_message = "The public ranges have moved."
  }

  assert {
    condition     = [for subnet in aws_subnet.private : subnet.cidr_block] == ["10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20"]
    error_message = "The private ranges have moved."
  }
}

run "a_new_zone_at_the_end_moves_no_range" {
  command = plan

  variables {
    availability_zones = ["eu-west-1a", "eu-west-1b"]
  }

  assert {
    condition     = aws_subnet.private["eu-west-1b"].cidr_block == "10.0.32.0/20" && aws_subnet.public["eu-west-1b"].cidr_block == "10.0.1.0/24"
    error_message = "A zone's ranges depend on the zones after it."
  }
}

run "six_zones_of_the_largest_network_never_overlap" {
  command = plan

  variables {
    availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c", "eu-west-1d", "eu-west-1e", "eu-west-1f"]
  }

  # Ranges of one size that differ share nothing, so that only public and private remain to be compared.
  assert {
    condition     = length(distinct(concat([for subnet in aws_subnet.public : subnet.cidr_block], [for subnet in aws_subnet.private : subnet.cidr_block]))) == 12
    error_message = "Every subnet needs a range of its own."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : endswith(subnet.cidr_block, "/24")]) && alltrue([for subnet in aws_subnet.private : endswith(subnet.cidr_block, "/20")])
    error_message = "Public ranges must be small and private ones large."
  }

  assert {
    condition = length(setintersection(
      [for subnet in aws_subnet.private : subnet.cidr_block],
      [for subnet in aws_subnet.public : cidrsubnet(replace(subnet.cidr_block, "/24", "/20"), 0, 0)],
    )) == 0
    error_message = "A public range lies in a private one."
  }
}

run "six_zones_of_the_smallest_network_never_overlap_and_hold_a_load_balancer" {
  command = plan

  variables {
    availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c", "eu-west-1d", "eu-west-1e", "eu-west-1f"]
    cidr_block         = "10.1.224.0/19"
  }

  # Ranges of one size that differ share nothing, so that only public and private remain to be compared.
  assert {
    condition     = length(distinct(concat([for subnet in aws_subnet.public : subnet.cidr_block], [for subnet in aws_subnet.private : subnet.cidr_block]))) == 12
    error_message = "Every subnet needs a range of its own."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : endswith(subnet.cidr_block, "/27")]) && alltrue([for subnet in aws_subnet.private : endswith(subnet.cidr_block, "/23")])
    error_message = "A load balancer cannot be in a subnet smaller than /27."
  }

  assert {
    condition = length(setintersection(
      [for subnet in aws_subnet.private : subnet.cidr_block],
      [for subnet in aws_subnet.public : cidrsubnet(replace(subnet.cidr_block, "/27", "/23"), 0, 0)],
    )) == 0
    error_message = "A public range lies in a private one."
  }
}

run "no_subnet_gives_away_public_addresses" {
  command = plan

  assert {
    condition     = !anytrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch]) && !anytrue([for subnet in aws_subnet.private : subnet.map_public_ip_on_launch])
    error_message = "Nothing may become public by where it stands alone."
  }
}

run "without_nat_there_is_no_way_out" {
  command = plan

  variables {
    nat_mode = "none"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_route.nat) == 0
    error_message = "nat_mode none must leave no gateway, address or route."
  }

  assert {
    condition     = length(output.nat_public_ips) == 0 && length(output.nat_gateway_ids) == 0
    error_message = "There is no address without a NAT gateway."
  }

  assert {
    condition     = toset([for rule in aws_network_acl.public.ingress : tostring(rule.to_port)]) == toset(["80", "443"]) && one(aws_network_acl.public.egress).from_port == 1024
    error_message = "Public subnets must then answer clients, and do nothing else."
  }

  assert {
    condition     = one(aws_network_acl.private.egress).to_port == 443 && one(aws_network_acl.private.ingress).from_port == 1024
    error_message = "Private subnets must still ask S3, and hear its answers."
  }
}

run "without_nat_every_private_subnet_still_reaches_s3" {
  variables {
    nat_mode = "none"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.route_table_ids == toset([for zone in var.availability_zones : aws_route_table_association.private[zone].route_table_id])
    error_message = "The endpoint must be in the table of every private subnet: it is all that the API needs."
  }
}

run "a_single_nat_gateway_serves_every_zone" {
  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-west-1a"]
    error_message = "The single gateway belongs into the first zone."
  }

  assert {
    condition     = toset([for route in aws_route.nat : route.nat_gateway_id]) == toset([aws_nat_gateway.this["eu-west-1a"].id]) && length(aws_route.nat) == 3
    error_message = "Every private table must lead to the single gateway."
  }

  assert {
    condition     = alltrue([for zone, table in aws_route_table_association.private : table.route_table_id == aws_route_table.private[zone].id])
    error_message = "A private subnet must use the table of its own zone."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-west-1.s3" && aws_vpc_endpoint.s3.route_table_ids == toset([for table in aws_route_table.private : table.id])
    error_message = "Every private subnet must reach S3 through the endpoint."
  }

  assert {
    condition     = output.s3_endpoint_id == aws_vpc_endpoint.s3.id && output.s3_prefix_list_id == aws_vpc_endpoint.s3.prefix_list_id && output.nat_gateway_ids == [aws_nat_gateway.this["eu-west-1a"].id]
    error_message = "What others point at must be in the outputs."
  }

  assert {
    condition     = length(output.private_subnet_ids) == 3 && length(output.public_subnet_ids) == 3
    error_message = "Every subnet must be in the outputs."
  }
}

run "per_zone_keeps_traffic_in_its_zone" {
  variables {
    nat_mode = "per_zone"
  }

  assert {
    condition     = alltrue([for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id]) && length(aws_route.nat) == 3
    error_message = "A private subnet must leave through the gateway of its own zone."
  }

  assert {
    condition     = alltrue([for zone, gateway in aws_nat_gateway.this : gateway.subnet_id == aws_subnet.public[zone].id])
    error_message = "A gateway must stand in the public subnet of its zone."
  }
}
