mock_provider "aws" {
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/mock/0000000000000000"
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
    condition     = output.target_group_arn == aws_lb_target_group.this.arn
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
