locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//load-balancer"
}

# Of the network only: AWS takes a minute or more to make a load balancer, so that it has to overlap
# with everything else.
dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs = {
    public_subnet_ids = ["subnet-mock-public-a", "subnet-mock-public-b"]
    vpc_id            = "vpc-mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

inputs = {
  name                = "${local.project}-${local.env.environment}"
  certificate_arn     = local.env.certificate_arn
  deletion_protection = local.env.deletion_protection
  subnet_ids          = dependency.network.outputs.public_subnet_ids
  vpc_id              = dependency.network.outputs.vpc_id
}
