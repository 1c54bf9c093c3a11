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

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::000000000000:policy/mock" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/mock" }
  }
}

variables {
  name               = "test-dev"
  bucket_names       = ["test-documents-dev-000000000000*"]
  github_environment = "dev"
  github_repository  = "owner/name"
  role_names         = ["test-dev-*", "lambda_role_dev"]
  state_bucket_name  = "test-state-000000000000-eu-west-1"
  state_prefix       = "live/dev/"
  tags               = { Environment = "dev", Project = "test" }
}

run "each_role_trusts_one_audience_and_one_subject_of_github" {
  assert {
    condition = alltrue([
      for role in aws_iam_role.this :
      jsondecode(role.assume_role_policy).Statement[0].Principal == { Federated = aws_iam_openid_connect_provider.github[0].arn }
    ])
    error_message = "Only GitHub's tokens may lead to the roles."
  }

  assert {
    condition = jsondecode(aws_iam_role.this["plan"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:owner/name:pull_request"
      }
    }
    error_message = "The plan role is for pull requests of the repository."
  }

  assert {
    condition = jsondecode(aws_iam_role.this["apply"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:owner/name:environment:dev"
      }
    }
    error_message = "The apply role is for the environment of the repository."
  }
}

run "both_roles_carry_the_boundary_and_have_a_path_of_their_own" {
  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == aws_iam_policy.boundary.arn])
    error_message = "A deploy role without the boundary could make itself an administrator."
  }

  assert {
    condition     = alltrue([for entity in concat(values(aws_iam_role.this), values(aws_iam_policy.this), [aws_iam_policy.boundary]) : entity.path == "/deploy-access/"])
    error_message = "The names that deployments may change must not reach the deploy roles."
  }
}

run "only_the_apply_role_changes_anything" {
  assert {
    condition     = [for key in keys(aws_iam_role_policy_attachment.this) : key if startswith(key, "plan/")] == ["plan/plan-state", "plan/read-network", "plan/read-service"]
    error_message = "The plan role must get what reads, and its locks."
  }

  assert {
    condition     = length([for key in keys(aws_iam_role_policy_attachment.this) : key if startswith(key, "apply/")]) <= 10
    error_message = "A role takes ten policies."
  }

  assert {
    condition = alltrue(flatten([
      for concern in ["read-network", "read-service"] : [
        for action in flatten(jsondecode(aws_iam_policy.this[concern].policy).Statement[*].Action) :
        can(regex(":(Describe|Get|List)|^kms:(Decrypt|GenerateDataKey)$", action))
      ]
    ]))
    error_message = "What the plan role may do must only read."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_policy.this["plan-state"].policy).Statement : statement.Resource if strcontains(jsonencode(statement.Action), "Put")] == [
      ["arn:aws:s3:::test-state-000000000000-eu-west-1/live/dev/*/terraform.tfstate.tflock"]
    ]
    error_message = "A plan writes the locks of its environment and nothing else."
  }
}

run "no_deployment_is_an_administrator" {
  assert {
    condition = !anytrue(flatten([
      for policy in aws_iam_policy.this : [
        for action in flatten(jsondecode(policy.policy).Statement[*].Action) : strcontains(action, "*")
      ]
    ]))
    error_message = "The deploy roles name each of their actions."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.this["apply-roles"].policy).Statement :
      statement.Condition == { StringEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::000000000000:policy/deploy-access/test-dev-boundary" } }
      if length(setintersection(flatten([statement.Action]), ["iam:CreateRole", "iam:PutRolePolicy"])) > 0
    ])
    error_message = "A role may be made, and given rights, only with the boundary."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.this["apply-roles"].policy).Statement :
      can(statement.Condition.StringEquals["iam:PassedToService"]) if contains(flatten([statement.Action]), "iam:PassRole")
    ])
    error_message = "A role may be handed to the services of the project only."
  }
}

run "an_account_that_has_the_provider_keeps_it" {
  command = plan

  variables {
    oidc_provider_arn = "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account can hold one provider of a URL only."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this["plan"].assume_role_policy).Statement[0].Principal.Federated == var.oidc_provider_arn
    error_message = "The roles must trust the provider that is there."
  }
}

run "the_longest_names_fit_into_policies" {
  command = plan

  variables {
    name              = "a-name-of-the-full-32-characters"
    bucket_names      = ["a-name-of-the-full-32-characters-*-000000000000", "a-project-documents-environment-000000000000*"]
    role_names        = ["a-name-of-the-full-32-characters-*", "lambda_role_environment"]
    state_bucket_name = "a-name-of-28-characters-long-state-000000000000-eu-central-1"
    state_prefix      = "live/environment/"
  }

  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.this), [aws_iam_policy.boundary]) : length(policy.policy) <= 6144])
    error_message = "A policy takes 6,144 characters."
  }
}

run "a_policy_that_iam_would_not_take_is_refused" {
  command = plan

  variables {
    bucket_names = [for number in range(60) : "test-documents-of-some-length-${number}-000000000000*"]
  }

  expect_failures = [aws_iam_policy.boundary, aws_iam_policy.this]
}

run "a_pattern_that_means_every_bucket_is_refused" {
  command = plan

  variables {
    bucket_names = ["*"]
  }

  expect_failures = [var.bucket_names]
}

run "a_pattern_that_means_the_state_bucket_is_refused" {
  command = plan

  variables {
    bucket_names = ["test-documents-*", "test-st*"]
  }

  expect_failures = [var.bucket_names]
}

run "a_pattern_of_github_environments_is_refused" {
  command = plan

  variables {
    github_environment = "*"
  }

  expect_failures = [var.github_environment]
}

run "a_pattern_of_repositories_is_refused" {
  command = plan

  variables {
    github_repository = "owner/*"
  }

  expect_failures = [var.github_repository]
}

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Test"
  }

  expect_failures = [var.name]
}

run "a_provider_of_somebody_else_is_refused" {
  command = plan

  variables {
    oidc_provider_arn = "arn:aws:iam::000000000000:oidc-provider/example.com"
  }

  expect_failures = [var.oidc_provider_arn]
}

run "a_pattern_that_means_every_role_is_refused" {
  command = plan

  variables {
    role_names = ["*"]
  }

  expect_failures = [var.role_names]
}

run "a_state_bucket_with_a_pattern_is_refused" {
  command = plan

  variables {
    state_bucket_name = "test-*"
  }

  expect_failures = [var.state_bucket_name]
}

run "a_state_prefix_that_is_no_folder_is_refused" {
  command = plan

  variables {
    state_prefix = "live/dev"
  }

  expect_failures = [var.state_prefix]
}

run "no_tags_at_all_are_refused" {
  command = plan

  variables {
    tags = {}
  }

  expect_failures = [var.tags]
}
