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

  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }
}

variables {
  name         = "test"
  role_name    = "lambda_role_test"
  package_path = "tests/package.txt" # any file: only its hash matters
  bucket_arn   = "arn:aws:s3:::mock"
  bucket_name  = "mock"
  subnet_ids   = ["subnet-mock-a", "subnet-mock-b"]
  vpc_id       = "vpc-mock"
}

run "the_function_runs_the_handler_in_the_private_subnets" {
  assert {
    condition     = aws_lambda_function.this.handler == "lambda.lambda_handler" && aws_lambda_function.this.runtime == "python3.13"
    error_message = "The handler or the runtime has changed."
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(var.subnet_ids) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset([aws_security_group.this.id])
    error_message = "The function must run in the given subnets, in its own security group."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ BUCKET = "mock", LOG_LEVEL = "INFO" })
    error_message = "The code reads BUCKET and LOG_LEVEL."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("tests/package.txt")
    error_message = "New code must be seen as new."
  }
}

run "the_alias_points_to_the_published_version" {
  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live.function_version == "7" && aws_lambda_alias.live.name == "live"
    error_message = "The alias must follow the published version."
  }

  assert {
    condition     = output.version == "7" && output.alias_name == "live"
    error_message = "The outputs must name the live version."
  }
}

run "the_role_reads_one_bucket_and_writes_one_log_group" {
  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Resource
      if statement.Effect == "Allow" && statement.Sid != "DescribeNetwork"
      } == {
      ManageNetworkInterfaces  = "arn:aws:ec2:eu-west-1:000000000000:*/*"
      ReadDocuments            = "arn:aws:s3:::mock/*"
      TellMissingFromForbidden = "arn:aws:s3:::mock"
      WriteLogs                = "arn:aws:logs:eu-west-1:000000000000:log-group:mock:*"
    }
    error_message = "The role must reach nothing but its own resources."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      alltrue([for action in flatten([statement.Action]) : startswith(action, "ec2:Describe")])
      if statement.Effect == "Allow" && statement.Resource == "*"
    ])
    error_message = "Only describing the network may reach every resource."
  }

  assert {
    condition     = !strcontains(join(" ", flatten(jsondecode(aws_iam_role_policy.this.policy).Statement[*].Action)), "*")
    error_message = "Every action must be named."
  }
}

run "the_code_itself_may_not_change_the_network" {
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Condition.ArnEquals["lambda:SourceFunctionArn"]
      if statement.Effect == "Deny"
    ] == ["arn:aws:lambda:eu-west-1:000000000000:function:test"]
    error_message = "Network permissions are for Lambda, not for the function's code."
  }
}

run "only_lambda_may_take_the_role" {
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "lambda.amazonaws.com" } && aws_iam_role.this.name == "lambda_role_test"
    error_message = "Nobody but Lambda may take the role."
  }
}

run "the_function_may_open_any_connection" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_egress_rule.all.ip_protocol == "-1" && aws_vpc_security_group_egress_rule.all.cidr_ipv4 == "0.0.0.0/0"
    error_message = "The function must be able to open connections."
  }
}

run "logs_are_where_lambda_writes_them_and_expire" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/test" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The log group must be the function's, with a retention."
  }
}

run "an_unknown_architecture_is_refused" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}

run "an_unknown_log_level_is_refused" {
  command = plan

  variables {
    log_level = "info"
  }

  expect_failures = [var.log_level]
}

run "a_retention_unknown_to_cloudwatch_is_refused" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "too_little_memory_is_refused" {
  command = plan

  variables {
    memory_mb = 64
  }

  expect_failures = [var.memory_mb]
}

run "a_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    name = "a name"
  }

  expect_failures = [var.name]
}

run "an_absolute_package_path_is_refused" {
  command = plan

  variables {
    package_path = "/lambda.zip"
  }

  expect_failures = [var.package_path]
}

run "a_role_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    role_name = "role/name"
  }

  expect_failures = [var.role_name]
}

run "no_subnets_are_refused" {
  command = plan

  variables {
    subnet_ids = []
  }

  expect_failures = [var.subnet_ids]
}

run "a_timeout_beyond_lambdas_is_refused" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}
