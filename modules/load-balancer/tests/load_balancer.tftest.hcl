mock_provider "aws" {
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
  name       = "test"
  subnet_ids = ["subnet-mock-a", "subnet-mock-b"]
  vpc_id     = "vpc-mock"
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
    condition     = aws_vpc_security_group_ingress_rule.http.from_port == 80 && aws_vpc_security_group_ingress_rule.http.to_port == 80 && aws_vpc_security_group_ingress_rule.http.cidr_ipv4 == "0.0.0.0/0"
    error_message = "Port 80 must be open to anywhere, and no other."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.all.ip_protocol == "-1"
    error_message = "The load balancer must be able to reach its targets."
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
    condition     = aws_vpc_security_group_ingress_rule.https[0].from_port == 443
    error_message = "Port 443 must be open."
  }
}

run "deletion_protection_is_passed_on" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields
    error_message = "AWS must be told to refuse a deletion, and invalid headers."
  }
}

run "a_certificate_that_is_no_arn_is_refused" {
  command = plan

  variables {
    certificate_arn = "example.org"
  }

  expect_failures = [var.certificate_arn]
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
