mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:000000000000:log-group:mock" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/mock" }
  }
}

variables {
  name               = "test"
  availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
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
    condition     = length(output.nat_public_ips) == 0
    error_message = "There is no address without a NAT gateway."
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

run "the_default_security_group_has_no_rules" {
  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "The default security group must be locked."
  }
}

run "flow_logs_write_to_their_own_group_only" {
  assert {
    condition     = jsondecode(aws_iam_role_policy.flow.policy).Statement[0].Resource == "${aws_cloudwatch_log_group.flow.arn}:*"
    error_message = "The role must reach no other log group."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.retention_in_days == 30
    error_message = "All traffic must be recorded, and kept for a time."
  }
}

run "one_zone_is_refused" {
  command = plan

  variables {
    availability_zones = ["eu-west-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "a_zone_named_twice_is_refused" {
  command = plan

  variables {
    availability_zones = ["eu-west-1a", "eu-west-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "a_range_too_small_for_subnets_is_refused" {
  command = plan

  variables {
    cidr_block = "10.0.0.0/24"
  }

  expect_failures = [var.cidr_block]
}

run "a_range_that_is_none_is_refused" {
  command = plan

  variables {
    cidr_block = "10.0.0.300/16"
  }

  expect_failures = [var.cidr_block]
}

run "a_retention_unknown_to_cloudwatch_is_refused" {
  command = plan

  variables {
    flow_log_retention_days = 31
  }

  expect_failures = [var.flow_log_retention_days]
}

run "a_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    name = "Test_"
  }

  expect_failures = [var.name]
}

run "an_unknown_nat_mode_is_refused" {
  command = plan

  variables {
    nat_mode = "both"
  }

  expect_failures = [var.nat_mode]
}
