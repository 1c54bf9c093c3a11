locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//function"

  # Builds the zip where a relative path finds it; the same sources give the same bytes everywhere.
  before_hook "package" {
    commands = ["plan", "apply", "destroy", "refresh", "import"]
    execute  = ["env", "PYTHONPATH=${local.root}", "python3", "-m", "terrarium.package", "lambda.zip"]
  }
}

dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs = {
    private_subnet_ids = ["subnet-mock-private-a", "subnet-mock-private-b"]
    vpc_id             = "vpc-mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

dependency "storage" {
  config_path = "${get_terragrunt_dir()}/../storage"

  mock_outputs = {
    bucket_arn  = "arn:aws:s3:::mock-documents"
    bucket_name = "mock-documents"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

inputs = {
  name               = "${local.project}-${local.env.environment}"
  role_name          = "lambda_role_${local.env.environment}"
  package_path       = "lambda.zip"
  bucket_arn         = dependency.storage.outputs.bucket_arn
  bucket_name        = dependency.storage.outputs.bucket_name
  subnet_ids         = dependency.network.outputs.private_subnet_ids
  vpc_id             = dependency.network.outputs.vpc_id
  log_level          = local.env.log_level
  log_retention_days = local.env.retention_days
  memory_mb          = local.env.memory_mb
}
