mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                  = "test"
  availability_zones    = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  document_bucket_names = ["mock-documents"]
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
