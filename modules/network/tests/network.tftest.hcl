mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

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

run "what_aws_puts_things_into_by_default_is_locked" {
  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "The default security group must be locked."
  }

  assert {
    condition     = length(aws_default_network_acl.this.ingress) == 0 && length(aws_default_network_acl.this.egress) == 0
    error_message = "The default network ACL must be locked."
  }

  assert {
    condition     = length(aws_network_acl.public.subnet_ids) == 3 && length(aws_network_acl.private.subnet_ids) == 3
    error_message = "A subnet without an ACL of its own would be cut off."
  }
}

run "nat_adds_the_way_out_and_back_and_no_other" {
  command = plan

  variables {
    egress_ports = [443, 5432]
  }

  assert {
    condition = toset([for rule in aws_network_acl.public.ingress : "${rule.cidr_block} ${rule.from_port}-${rule.to_port}"]) == toset([
      "0.0.0.0/0 80-80",
      "0.0.0.0/0 443-443",
      "10.0.0.0/16 443-443",
      "10.0.0.0/16 5432-5432",
      "0.0.0.0/0 1024-65535",
    ])
    error_message = "Into public subnets come clients, what private subnets send to NAT, and the answers to that."
  }

  assert {
    condition     = toset([for rule in aws_network_acl.public.egress : "${rule.from_port}-${rule.to_port}"]) == toset(["1024-65535", "443-443", "5432-5432"])
    error_message = "Out of public subnets go answers, and what NAT passes on."
  }

  assert {
    condition     = toset([for rule in aws_network_acl.private.egress : "${rule.from_port}-${rule.to_port}"]) == toset(["443-443", "5432-5432"])
    error_message = "Private subnets must reach the named ports only."
  }

  assert {
    condition     = length(toset([for rule in setunion(aws_network_acl.public.ingress, aws_network_acl.private.ingress) : rule.protocol if rule.protocol != "tcp"])) == 0
    error_message = "Nothing here speaks anything but TCP."
  }
}

run "an_internal_load_balancer_is_reached_from_its_clients_only" {
  command = plan

  variables {
    private_client_cidr_blocks = ["10.0.0.0/16"]
    public_client_cidr_blocks  = []
  }

  assert {
    condition = toset([for rule in aws_network_acl.private.ingress : "${rule.cidr_block} ${rule.from_port}-${rule.to_port}"]) == toset([
      "0.0.0.0/0 1024-65535",
      "10.0.0.0/16 80-80",
      "10.0.0.0/16 443-443",
    ])
    error_message = "Clients inside must reach the listener ports of private subnets."
  }

  assert {
    condition     = contains([for rule in aws_network_acl.private.egress : "${rule.cidr_block} ${rule.from_port}-${rule.to_port}"], "10.0.0.0/16 1024-65535")
    error_message = "Clients inside must hear the answers."
  }

  assert {
    condition     = !contains([for rule in aws_network_acl.public.ingress : rule.to_port if rule.cidr_block == "0.0.0.0/0"], 80)
    error_message = "Nobody outside may reach a listener port."
  }
}

run "the_endpoint_lets_through_the_documents_and_nothing_else" {
  command = plan

  assert {
    condition = jsondecode(aws_vpc_endpoint.s3.policy).Statement == [
      { Sid = "ReadDocuments", Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = ["arn:aws:s3:::mock-documents/*"] },
      { Sid = "ListDocuments", Effect = "Allow", Principal = "*", Action = "s3:ListBucket", Resource = ["arn:aws:s3:::mock-documents"] },
    ]
    error_message = "The endpoint must allow reading the document bucket only."
  }
}

run "flow_logs_write_to_their_own_group_only" {
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.flow.policy).Statement : statement.Resource if statement.Sid == "WriteFlowLogs"] == ["${aws_cloudwatch_log_group.flow.arn}:*"]
    error_message = "The role must write to no other log group."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.retention_in_days == 30
    error_message = "All traffic must be recorded, and kept for a time."
  }
}

run "the_flow_log_service_may_act_for_this_account_only" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::000000000000:policy/mock"
  }

  assert {
    condition = jsondecode(aws_iam_role.flow.assume_role_policy).Statement[0].Condition == {
      ArnLike      = { "aws:SourceArn" = "arn:aws:ec2:eu-west-1:000000000000:vpc-flow-log/*" }
      StringEquals = { "aws:SourceAccount" = "000000000000" }
    }
    error_message = "Another customer's flow log must not be able to use the role."
  }

  assert {
    condition     = aws_iam_role.flow.permissions_boundary == "arn:aws:iam::000000000000:policy/mock"
    error_message = "The role must have the boundary."
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

run "a_range_too_small_for_a_load_balancer_is_refused" {
  command = plan

  variables {
    cidr_block = "10.0.0.0/20"
  }

  expect_failures = [var.cidr_block]
}

run "a_range_larger_than_aws_allows_is_refused" {
  command = plan

  variables {
    cidr_block = "10.0.0.0/15"
  }

  expect_failures = [var.cidr_block]
}

run "a_range_that_begins_elsewhere_is_refused" {
  command = plan

  variables {
    cidr_block = "10.0.1.0/16"
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

run "no_bucket_is_refused" {
  command = plan

  variables {
    document_bucket_names = []
  }

  expect_failures = [var.document_bucket_names]
}

run "a_pattern_of_buckets_is_refused" {
  command = plan

  variables {
    document_bucket_names = ["mock-*"]
  }

  expect_failures = [var.document_bucket_names]
}

run "egress_without_https_is_refused" {
  command = plan

  variables {
    egress_ports = [80]
  }

  expect_failures = [var.egress_ports]
}

run "an_egress_port_that_is_none_is_refused" {
  command = plan

  variables {
    egress_ports = [443, 70000]
  }

  expect_failures = [var.egress_ports]
}

run "a_boundary_that_is_no_policy_is_refused" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::000000000000:role/mock"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "a_private_client_that_is_no_range_is_refused" {
  command = plan

  variables {
    private_client_cidr_blocks = ["10.0.0.1"]
  }

  expect_failures = [var.private_client_cidr_blocks]
}

run "a_public_client_that_is_no_range_is_refused" {
  command = plan

  variables {
    public_client_cidr_blocks = ["everyone"]
  }

  expect_failures = [var.public_client_cidr_blocks]
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
