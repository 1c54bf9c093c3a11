mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                  = "test"
  availability_zones    = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  document_bucket_names = ["mock-documents"]
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
