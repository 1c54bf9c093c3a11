locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//network"
}

dependency "deploy_access" {
  config_path = "${get_terragrunt_dir()}/../deploy-access"

  mock_outputs = {
    permissions_boundary_arn = "arn:aws:iam::000000000000:policy/mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

# Keep the flow logs even if the unit is destroyed by mistake.
generate "protection" {
  path        = "protection_override.tf"
  if_exists   = "overwrite_terragrunt"
  disable     = !local.env.deletion_protection
  if_disabled = "remove_terragrunt"

  contents = <<EOF
resource "aws_cloudwatch_log_group" "flow" {
  lifecycle {
    prevent_destroy = true
  }
}
EOF
}

inputs = {
  name                     = "${local.project}-${local.env.environment}"
  availability_zones       = local.env.availability_zones
  cidr_block               = local.env.vpc_cidr
  flow_log_retention_days  = local.env.retention_days
  nat_mode                 = local.env.nat_mode
  permissions_boundary_arn = dependency.deploy_access.outputs.permissions_boundary_arn

  # Names and not outputs of storage: the network does not depend on the bucket.
  document_bucket_names = ["${local.project}-documents-${local.env.environment}-${local.env.account_id}"]

  # Clients reach the load balancer's subnets.
  private_client_cidr_blocks = local.env.internal ? [local.env.vpc_cidr] : []
  public_client_cidr_blocks  = local.env.internal ? [] : ["0.0.0.0/0"]
}
