locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//routing"
}

dependency "function" {
  config_path = "${get_terragrunt_dir()}/../function"

  mock_outputs = {
    alias_arn     = "arn:aws:lambda:eu-west-1:000000000000:function:mock:mock"
    alias_name    = "mock"
    function_name = "mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

dependency "load_balancer" {
  config_path = "${get_terragrunt_dir()}/../load-balancer"

  mock_outputs = {
    listener_arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:listener/app/mock/0000000000000000/0000000000000000"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

inputs = {
  name          = "${local.project}-${local.env.environment}"
  alias_arn     = dependency.function.outputs.alias_arn
  alias_name    = dependency.function.outputs.alias_name
  function_name = dependency.function.outputs.function_name
  listener_arn  = dependency.load_balancer.outputs.listener_arn
  paths         = ["/health", "/api", "/api/*", "/openapi.json"]
}
