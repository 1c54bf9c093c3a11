locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//load-balancer"
}

# Depends only on the network: AWS needs a minute or more to create a load balancer, which should overlap
# with the other units.
dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs = {
    private_subnet_ids = ["subnet-mock-private-a", "subnet-mock-private-b"]
    public_subnet_ids  = ["subnet-mock-public-a", "subnet-mock-public-b"]
    vpc_id             = "vpc-mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

# AWS protects the load balancer; Terraform protects its log bucket.
generate "protection" {
  path        = "protection_override.tf"
  if_exists   = "overwrite_terragrunt"
  disable     = !local.env.deletion_protection
  if_disabled = "remove_terragrunt"

  contents = <<EOF
resource "aws_s3_bucket" "logs" {
  lifecycle {
    prevent_destroy = true
  }
}
EOF
}

inputs = {
  name                = "${local.project}-${local.env.environment}"
  certificate_arn     = local.env.certificate_arn
  client_cidr_blocks  = local.env.internal ? [local.env.vpc_cidr] : ["0.0.0.0/0"]
  deletion_protection = local.env.deletion_protection
  force_destroy       = !local.env.deletion_protection
  internal            = local.env.internal
  log_bucket_name     = "${local.project}-${local.env.environment}-load-balancer-logs-${local.env.account_id}"
  log_retention_days  = local.env.retention_days
  subnet_ids          = local.env.internal ? dependency.network.outputs.private_subnet_ids : dependency.network.outputs.public_subnet_ids
  vpc_id              = dependency.network.outputs.vpc_id
}
