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

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }

  mock_resource "aws_lb" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/mock/0000000000000000"
    }
  }

  mock_resource "aws_lb_listener" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:listener/app/mock/0000000000000000/0000000000000000"
    }
  }
}

variables {
  name            = "test"
  log_bucket_name = "mock-logs"
  subnet_ids      = ["subnet-mock-a", "subnet-mock-b"]
  vpc_id          = "vpc-mock"
}

run "http_answers_404_in_the_shape_of_the_api" {
  assert {
    condition     = aws_lb_listener.http.port == 80 && aws_lb_listener.http.default_action[0].fixed_response[0].status_code == "404"
    error_message = "What no rule takes must be a 404."
  }

  assert {
    condition     = jsondecode(aws_lb_listener.http.default_action[0].fixed_response[0].message_body).error.code == "not_found" && aws_lb_listener.http.default_action[0].fixed_response[0].content_type == "application/json"
    error_message = "The 404 must have the body of the API's own errors."
  }

  assert {
    condition     = output.listener_arn == aws_lb_listener.http.arn
    error_message = "Routes must attach to the listener that answers."
  }
}

run "only_port_80_is_open_without_a_certificate" {
  command = plan

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.https) == 0 && length(aws_lb_listener.https) == 0
    error_message = "Port 443 must not be open with nothing behind it."
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.http : "${rule.cidr_ipv4} ${rule.from_port}-${rule.to_port}"] == ["0.0.0.0/0 80-80"]
    error_message = "Port 80 must be open to anywhere, and no other."
  }

  assert {
    condition     = aws_lb_listener.http.routing_http_response_x_content_type_options_header_value == "nosniff"
    error_message = "Answers must forbid sniffing."
  }
}

run "clients_can_be_limited_to_some_ranges" {
  command = plan

  variables {
    client_cidr_blocks = ["192.0.2.0/24", "198.51.100.0/24"]
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.http : rule.cidr_ipv4] == ["192.0.2.0/24", "198.51.100.0/24"]
    error_message = "Each range must have a rule, and nobody else."
  }
}

run "an_internal_load_balancer_serves_its_network" {
  command = plan

  variables {
    client_cidr_blocks = ["10.0.0.0/16"]
    internal           = true
  }

  assert {
    condition     = aws_lb.this.internal && keys(aws_vpc_security_group_ingress_rule.http) == ["10.0.0.0/16"]
    error_message = "Only the network itself may connect."
  }
}

run "every_request_and_connection_is_logged" {
  assert {
    condition     = aws_lb.this.access_logs[0].enabled && aws_lb.this.access_logs[0].bucket == "mock-logs"
    error_message = "Requests must be logged."
  }

  assert {
    condition     = aws_lb.this.connection_logs[0].enabled && aws_lb.this.connection_logs[0].bucket == "mock-logs"
    error_message = "Connections must be logged."
  }

  assert {
    condition     = output.log_bucket_name == "mock-logs" && output.arn_suffix == aws_lb.this.arn_suffix
    error_message = "The logs, and the name that metrics use, must be in the outputs."
  }
}

run "the_service_writes_below_this_account_and_only_over_tls" {
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.logs.policy).Statement[0].Principal.Service == "logdelivery.elasticloadbalancing.amazonaws.com" && jsondecode(aws_s3_bucket_policy.logs.policy).Statement[0].Action == "s3:PutObject"
    error_message = "Only the log delivery of load balancers may write."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.logs.policy).Statement[0].Resource == "arn:aws:s3:::mock/AWSLogs/000000000000/*"
    error_message = "Another account's load balancer must not write here."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.logs.policy).Statement[0].Condition == {
      ArnLikeIfExists      = { "aws:SourceArn" = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/*" }
      StringEqualsIfExists = { "aws:SourceAccount" = "000000000000" }
    }
    error_message = "The service must not be made to write for somebody else."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.logs.policy).Statement[1].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.logs.policy).Statement[1].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Plain HTTP must be refused."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.logs.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The load balancer cannot write with another encryption."
  }
}

run "logs_are_kept_for_the_retention" {
  command = plan

  variables {
    log_retention_days = 90
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.logs.rule[0].expiration[0].days == 90 && aws_s3_bucket_versioning.logs.versioning_configuration[0].status == "Enabled"
    error_message = "A log must be there for the retention, and go after it."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.logs.block_public_acls && aws_s3_bucket_public_access_block.logs.block_public_policy && aws_s3_bucket_public_access_block.logs.ignore_public_acls && aws_s3_bucket_public_access_block.logs.restrict_public_buckets
    error_message = "No log may ever be public."
  }
}

run "a_certificate_moves_the_routes_to_https" {
  variables {
    certificate_arn = "arn:aws:acm:eu-west-1:000000000000:certificate/mock"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS" && length(aws_lb_listener.http.default_action[0].fixed_response) == 0
    error_message = "Port 80 must only redirect."
  }

  assert {
    condition     = aws_lb_listener.https[0].port == 443 && aws_lb_listener.https[0].default_action[0].fixed_response[0].status_code == "404"
    error_message = "Port 443 must answer what port 80 did."
  }

  assert {
    condition     = output.listener_arn == aws_lb_listener.https[0].arn
    error_message = "Routes must attach to HTTPS."
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.https : "${rule.cidr_ipv4} ${rule.from_port}-${rule.to_port}"] == ["0.0.0.0/0 443-443"]
    error_message = "Port 443 must be open."
  }

  assert {
    condition     = startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13-1-2-")
    error_message = "Nothing older than TLS 1.2 may be spoken, and 1.3 must be."
  }

  assert {
    condition     = aws_lb_listener.https[0].routing_http_response_strict_transport_security_header_value == "max-age=31536000" && aws_lb_listener.https[0].routing_http_response_x_content_type_options_header_value == "nosniff"
    error_message = "Clients must be told to stay with HTTPS, and not to sniff."
  }
}

run "deletion_protection_is_passed_on_and_bad_requests_are_not" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields && aws_lb.this.desync_mitigation_mode == "strictest"
    error_message = "AWS must be told to refuse a deletion, invalid headers and ambiguous requests."
  }
}

run "a_certificate_that_is_no_arn_is_refused" {
  command = plan

  variables {
    certificate_arn = "example.org"
  }

  expect_failures = [var.certificate_arn]
}

run "no_client_is_refused" {
  command = plan

  variables {
    client_cidr_blocks = []
  }

  expect_failures = [var.client_cidr_blocks]
}

run "an_internal_load_balancer_open_to_anywhere_is_refused" {
  command = plan

  variables {
    internal = true
  }

  expect_failures = [var.client_cidr_blocks]
}

run "a_log_bucket_that_s3_would_refuse_is_refused" {
  command = plan

  variables {
    log_bucket_name = "Logs"
  }

  expect_failures = [var.log_bucket_name]
}

run "a_retention_of_no_days_is_refused" {
  command = plan

  variables {
    log_retention_days = 0
  }

  expect_failures = [var.log_retention_days]
}

run "a_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    name = "a-name-of-more-than-thirty-two-characters"
  }

  expect_failures = [var.name]
}

run "a_name_that_aws_reserves_is_refused" {
  command = plan

  variables {
    name = "internal-test"
  }

  expect_failures = [var.name]
}

run "one_subnet_is_refused" {
  command = plan

  variables {
    subnet_ids = ["subnet-mock-a"]
  }

  expect_failures = [var.subnet_ids]
}
