locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  github  = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.github_repository
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//observability"
}

dependency "firewall" {
  config_path = "${get_terragrunt_dir()}/../firewall"

  mock_outputs = {
    log_group_name = "aws-waf-logs-mock"
    web_acl_name   = "mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

dependency "function" {
  config_path = "${get_terragrunt_dir()}/../function"

  mock_outputs = {
    function_name   = "mock"
    log_group_name  = "/aws/lambda/mock"
    timeout_seconds = 404
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

dependency "load_balancer" {
  config_path = "${get_terragrunt_dir()}/../load-balancer"

  mock_outputs = {
    arn_suffix = "app/mock/0000000000000000"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs = {
    nat_gateway_ids = ["nat-mock"]
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

dependency "routing" {
  config_path = "${get_terragrunt_dir()}/../routing"

  mock_outputs = {
    target_group_arn_suffix = "targetgroup/mock/0000000000000000"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

# Without the key, undelivered alarms are lost.
generate "protection" {
  path        = "protection_override.tf"
  if_exists   = "overwrite_terragrunt"
  disable     = !local.env.deletion_protection
  if_disabled = "remove_terragrunt"

  contents = <<EOF
resource "aws_kms_key" "alarms" {
  lifecycle {
    prevent_destroy = true
  }
}
EOF
}

inputs = {
  name                     = "${local.project}-${local.env.environment}"
  alarm_emails             = local.env.alarm_emails
  firewall_log_group_name  = dependency.firewall.outputs.log_group_name
  function_name            = dependency.function.outputs.function_name
  function_timeout_seconds = dependency.function.outputs.timeout_seconds
  load_balancer_arn_suffix = dependency.load_balancer.outputs.arn_suffix
  log_group_name           = dependency.function.outputs.log_group_name
  nat_gateway_ids          = dependency.network.outputs.nat_gateway_ids
  runbooks                 = "https://github.com/${local.github}/blob/main/docs/how-to"
  target_group_arn_suffix  = dependency.routing.outputs.target_group_arn_suffix
  web_acl_name             = dependency.firewall.outputs.web_acl_name

  # From env.hcl and not from the function unit: a null output is not in the state.
  reserved_concurrency = local.env.reserved_concurrency
}
