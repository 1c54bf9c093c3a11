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
  name              = "test"
  role_name         = "lambda_role_test"
  package_path      = "tests/package.txt" # any file: only its hash matters
  bucket_arn        = "arn:aws:s3:::mock"
  bucket_name       = "mock"
  s3_prefix_list_id = "pl-mock"
  subnet_ids        = ["subnet-mock-a", "subnet-mock-b"]
  vpc_id            = "vpc-mock"
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
    condition     = aws_lambda_function.this.replace_security_groups_on_destroy
    error_message = "A destroy must not wait for Lambda's network interfaces."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("tests/package.txt")
    error_message = "New code must be seen as new."
  }
}

run "the_code_learns_its_settings_from_the_environment" {
  command = plan

  variables {
    cors_origins  = ["https://www.example.com", "http://localhost:3000"]
    fresh_seconds = 2
    stale_seconds = 60
  }

  assert {
    condition = aws_lambda_function.this.environment[0].variables == tomap({
      BUCKET            = "mock"
      CORS_ORIGINS      = "https://www.example.com,http://localhost:3000"
      FRESH_SECONDS     = "2"
      LOG_LEVEL         = "INFO"
      METRICS_NAMESPACE = "test"
      STALE_SECONDS     = "60"
    })
    error_message = "The code reads these variables, and no others."
  }
}

run "the_processor_can_be_chosen" {
  command = plan

  variables {
    architecture = "x86_64"
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["x86_64"])
    error_message = "The function must run on the processor that was asked for."
  }
}

run "without_a_reserve_or_a_key_the_account_and_aws_provide" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == null && aws_lambda_function.this.kms_key_arn == null
    error_message = "Nothing must be reserved and no key used unless asked for."
  }

  assert {
    condition     = output.reserved_concurrency == null && output.timeout_seconds == 10
    error_message = "Alarms must learn that there is no reserve, and the timeout."
  }

  assert {
    condition     = length(aws_lambda_function.this.snap_start) == 0
    error_message = "Nothing must be paid for snapshots unless asked for."
  }
}

run "concurrency_can_be_reserved" {
  command = plan

  variables {
    reserved_concurrency = 50
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 50 && output.reserved_concurrency == 50
    error_message = "The function must have its reserve, and alarms must learn of it."
  }
}

run "published_versions_can_start_from_a_snapshot" {
  command = plan

  variables {
    snap_start = true
  }

  assert {
    condition     = one(aws_lambda_function.this.snap_start).apply_on == "PublishedVersions"
    error_message = "Snapshots must be made of published versions."
  }
}

run "the_alias_points_to_the_published_version" {
  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live.function_version == "7" && aws_lambda_alias.live.name == "live"
    error_message = "The alias must follow the published version."
  }

  assert {
    condition     = length(aws_lambda_alias.live.routing_config) == 0
    error_message = "Every request must go to that version."
  }

  assert {
    condition     = output.version == "7" && output.alias_name == "live"
    error_message = "The outputs must name the live version."
  }
}

run "a_canary_gives_the_newest_version_its_share_and_leaves_the_rest_where_it_was" {
  variables {
    canary_weight = 0.1
    live_version  = "6"
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "6" && output.version == "6"
    error_message = "The alias must stay on the version that was live."
  }

  assert {
    condition     = one(aws_lambda_alias.live.routing_config).additional_version_weights == tomap({ "7" = 0.1 })
    error_message = "The newest version must get its share."
  }
}

run "a_rollback_is_a_live_version_without_a_canary" {
  variables {
    live_version = "5"
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "5" && length(aws_lambda_alias.live.routing_config) == 0
    error_message = "Every request must go to the older version."
  }
}

run "a_canary_without_a_newer_version_is_refused" {
  command = plan

  variables {
    canary_weight = 0.1
    live_version  = "7"
  }

  expect_failures = [aws_lambda_alias.live]
}

run "the_role_reads_one_bucket_and_writes_one_log_group" {
  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Resource
      if statement.Effect == "Allow"
      } == {
      DescribeNetwork          = "*"
      ManageNetworkInterfaces  = "arn:aws:ec2:eu-west-1:000000000000:*/*"
      ReadDocuments            = "arn:aws:s3:::mock/*"
      TellMissingFromForbidden = "arn:aws:s3:::mock"
      WriteLogs                = "arn:aws:logs:eu-west-1:000000000000:log-group:mock:*"
      WriteTraces              = "*"
    }
    error_message = "The role must reach nothing but its own resources, where an action knows any."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action
      if statement.Effect == "Allow" && !startswith(statement.Resource, "arn:aws:ec2:")
      ])) == toset([
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:GetObject",
      "s3:ListBucket",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ])
    error_message = "The role must be able to do this much and no more: with logs:CreateLogGroup, a group would come back after a destroy."
  }

  assert {
    condition     = !strcontains(join(" ", flatten(jsondecode(aws_iam_role_policy.this.policy).Statement[*].Action)), "*")
    error_message = "Every action must be named."
  }
}

run "keys_can_be_used_for_decryption_of_what_is_the_functions_alone" {
  variables {
    documents_kms_key_arn   = "arn:aws:kms:eu-west-1:000000000000:key/documents"
    environment_kms_key_arn = "arn:aws:kms:eu-west-1:000000000000:key/environment"
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == "arn:aws:kms:eu-west-1:000000000000:key/environment"
    error_message = "The environment must be encrypted by the given key."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource => statement.Condition.StringLike
      if statement.Action == "kms:Decrypt"
      } == {
      "arn:aws:kms:eu-west-1:000000000000:key/documents" = {
        "kms:EncryptionContext:aws:s3:arn" = ["arn:aws:s3:::mock", "arn:aws:s3:::mock/*"]
      }
      "arn:aws:kms:eu-west-1:000000000000:key/environment" = {
        "kms:EncryptionContext:aws:lambda:FunctionArn" = ["arn:aws:lambda:eu-west-1:000000000000:function:test", "arn:aws:lambda:eu-west-1:000000000000:function:test:*"]
      }
    }
    error_message = "Each key must be usable for its purpose alone."
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

  assert {
    condition = length(setsubtract(
      flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action if statement.Effect == "Allow" && startswith(flatten([statement.Action])[0], "ec2:")]),
      flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action if statement.Effect == "Deny"]),
    )) == 0
    error_message = "What Lambda may do to the network must all be refused to the code."
  }
}

run "only_lambda_may_take_the_role_and_within_the_boundary" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::000000000000:policy/boundary"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "lambda.amazonaws.com" } && aws_iam_role.this.name == "lambda_role_test"
    error_message = "Nobody but Lambda may take the role."
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws:iam::000000000000:policy/boundary"
    error_message = "The role must have the given boundary."
  }
}

run "the_function_reaches_s3_and_nothing_else" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_egress_rule.s3.prefix_list_id == "pl-mock" && aws_vpc_security_group_egress_rule.s3.ip_protocol == "tcp" && aws_vpc_security_group_egress_rule.s3.from_port == 443 && aws_vpc_security_group_egress_rule.s3.to_port == 443
    error_message = "The function must reach S3 by HTTPS."
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.wider) == 0
    error_message = "The function must reach nothing else unless asked for."
  }
}

run "the_function_can_be_let_out_to_everywhere" {
  command = plan

  variables {
    egress_cidr_blocks = ["0.0.0.0/0"]
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.wider["0.0.0.0/0"].ip_protocol == "-1" && aws_vpc_security_group_egress_rule.wider["0.0.0.0/0"].cidr_ipv4 == "0.0.0.0/0"
    error_message = "The function must be able to open any connection."
  }
}

run "logs_are_json_in_the_functions_own_group_and_expire" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/test" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The log group must be the function's, with a retention."
  }

  assert {
    condition     = one(aws_lambda_function.this.logging_config).log_group == aws_cloudwatch_log_group.this.name && one(aws_lambda_function.this.logging_config).log_format == "JSON"
    error_message = "Logs must be JSON, in that group."
  }

  assert {
    condition     = one(aws_lambda_function.this.logging_config).application_log_level == "INFO" && one(aws_lambda_function.this.logging_config).system_log_level == "INFO"
    error_message = "Lambda must log as much as the code does."
  }
}

run "lambda_has_its_own_names_for_levels" {
  command = plan

  variables {
    log_level = "WARNING"
  }

  assert {
    condition     = one(aws_lambda_function.this.logging_config).application_log_level == "WARN" && one(aws_lambda_function.this.logging_config).system_log_level == "WARN"
    error_message = "WARNING is Lambda's WARN."
  }
}

run "requests_are_traced" {
  command = plan

  assert {
    condition     = one(aws_lambda_function.this.tracing_config).mode == "Active"
    error_message = "Requests must be traced."
  }
}

run "an_unknown_architecture_is_refused" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}

run "a_canary_of_everything_is_refused" {
  command = plan

  variables {
    canary_weight = 1
    live_version  = "6"
  }

  expect_failures = [var.canary_weight]
}

run "a_canary_beside_no_version_is_refused" {
  command = plan

  variables {
    canary_weight = 0.1
  }

  expect_failures = [var.canary_weight]
}

run "an_origin_with_a_path_is_refused" {
  command = plan

  variables {
    cors_origins = ["https://www.example.com/"]
  }

  expect_failures = [var.cors_origins]
}

run "any_origin_beside_others_is_refused" {
  command = plan

  variables {
    cors_origins = ["*", "https://www.example.com"]
  }

  expect_failures = [var.cors_origins]
}

run "documents_encrypted_by_something_else_than_a_key_are_refused" {
  command = plan

  variables {
    documents_kms_key_arn = "alias/documents"
  }

  expect_failures = [var.documents_kms_key_arn]
}

run "an_address_without_a_range_is_refused" {
  command = plan

  variables {
    egress_cidr_blocks = ["10.0.0.1"]
  }

  expect_failures = [var.egress_cidr_blocks]
}

run "an_environment_encrypted_by_something_else_than_a_key_is_refused" {
  command = plan

  variables {
    environment_kms_key_arn = "alias/environment"
  }

  expect_failures = [var.environment_kms_key_arn]
}

run "half_a_second_of_freshness_is_refused" {
  command = plan

  variables {
    fresh_seconds = 0.5
  }

  expect_failures = [var.fresh_seconds]
}

run "a_live_version_that_is_not_published_is_refused" {
  command = plan

  variables {
    live_version = "$LATEST"
  }

  expect_failures = [var.live_version]
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

run "a_boundary_that_is_no_policy_is_refused" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::000000000000:role/boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "a_negative_reserve_is_refused" {
  command = plan

  variables {
    reserved_concurrency = -1
  }

  expect_failures = [var.reserved_concurrency]
}

run "a_role_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    role_name = "role/name"
  }

  expect_failures = [var.role_name]
}

run "a_prefix_list_that_is_none_is_refused" {
  command = plan

  variables {
    s3_prefix_list_id = "0.0.0.0/0"
  }

  expect_failures = [var.s3_prefix_list_id]
}

run "staleness_below_freshness_is_refused" {
  command = plan

  variables {
    fresh_seconds = 10
    stale_seconds = 5
  }

  expect_failures = [var.stale_seconds]
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
