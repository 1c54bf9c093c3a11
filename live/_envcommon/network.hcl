locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//network"
}

inputs = {
  name                    = "${local.project}-${local.env.environment}"
  availability_zones      = local.env.availability_zones
  cidr_block              = "10.0.0.0/16"
  flow_log_retention_days = local.env.retention_days
  nat_mode                = local.env.nat_mode
}
