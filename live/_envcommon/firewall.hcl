locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//firewall"
}

dependency "load_balancer" {
  config_path = "${get_terragrunt_dir()}/../load-balancer"

  mock_outputs = {
    arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/mock/0000000000000000"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

# Keep the WAF log even if the unit is destroyed by mistake.
generate "protection" {
  path        = "protection_override.tf"
  if_exists   = "overwrite_terragrunt"
  disable     = !local.env.deletion_protection
  if_disabled = "remove_terragrunt"

  contents = <<EOF
resource "aws_cloudwatch_log_group" "this" {
  lifecycle {
    prevent_destroy = true
  }
}
EOF
}

inputs = {
  name               = "${local.project}-${local.env.environment}"
  count_only         = local.env.firewall_count_only
  load_balancer_arn  = dependency.load_balancer.outputs.arn
  log_retention_days = local.env.retention_days
  rate_limit         = local.env.rate_limit
}
