mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/mock/0000000000000000"
      arn_suffix = "targetgroup/mock/0000000000000000"
    }
  }
}

variables {
  name          = "test"
  alias_arn     = "arn:aws:lambda:eu-west-1:000000000000:function:mock:live"
  alias_name    = "live"
  function_name = "mock"
  listener_arn  = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:listener/app/mock/0000000000000000/0000000000000000"
  paths         = ["/health", "/api/*"]
}

run "the_rule_forwards_its_paths_to_the_alias" {
  assert {
    condition     = one(one(aws_lb_listener_rule.this.condition).path_pattern).values == toset(["/health", "/api/*"])
    error_message = "The rule must take exactly the given paths."
  }

  assert {
    condition     = aws_lb_listener_rule.this.action[0].type == "forward" && aws_lb_listener_rule.this.action[0].target_group_arn == aws_lb_target_group.this.arn
    error_message = "The rule must forward to the target group."
  }

  assert {
    condition     = aws_lb_target_group.this.target_type == "lambda" && aws_lb_target_group_attachment.this.target_id == var.alias_arn
    error_message = "The target must be the alias, so that a new version takes over by itself."
  }

  assert {
    condition     = output.target_group_arn_suffix == "targetgroup/mock/0000000000000000"
    error_message = "The target group must be in the outputs."
  }
}

run "only_this_target_group_may_invoke_only_this_alias" {
  assert {
    condition     = aws_lambda_permission.this.source_arn == aws_lb_target_group.this.arn && aws_lambda_permission.this.principal == "elasticloadbalancing.amazonaws.com"
    error_message = "No other load balancer may invoke the function."
  }

  assert {
    condition     = aws_lambda_permission.this.function_name == "mock" && aws_lambda_permission.this.qualifier == "live"
    error_message = "Nothing but the alias may be invoked."
  }
}

run "only_a_target_group_of_this_account_may_invoke" {
  command = plan

  assert {
    condition     = aws_lambda_permission.this.source_account == "000000000000"
    error_message = "A target group of the same ARN elsewhere must not count."
  }
}

run "a_repeated_header_reaches_the_function_whole_and_checks_do_not" {
  command = plan

  assert {
    condition     = aws_lb_target_group.this.lambda_multi_value_headers_enabled
    error_message = "Every value of a header must reach the function."
  }

  assert {
    condition     = !aws_lb_target_group.this.health_check[0].enabled
    error_message = "Health checks must not be paid for."
  }
}

run "a_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    name = "test_"
  }

  expect_failures = [var.name]
}

run "no_paths_are_refused" {
  command = plan

  variables {
    paths = []
  }

  expect_failures = [var.paths]
}

run "more_paths_than_a_rule_compares_are_refused" {
  command = plan

  variables {
    paths = ["/a", "/b", "/c", "/d", "/e", "/f"]
  }

  expect_failures = [var.paths]
}

run "a_path_that_could_never_match_is_refused" {
  command = plan

  variables {
    paths = ["health"]
  }

  expect_failures = [var.paths]
}

run "a_priority_out_of_range_is_refused" {
  command = plan

  variables {
    priority = 0
  }

  expect_failures = [var.priority]
}

run "a_listener_that_is_no_arn_is_refused" {
  command = plan

  variables {
    listener_arn = "mock"
  }

  expect_failures = [var.listener_arn]
}

run "a_function_without_an_alias_is_refused" {
  command = plan

  variables {
    alias_arn = "arn:aws:lambda:eu-west-1:000000000000:function:mock"
  }

  expect_failures = [var.alias_arn]
}
