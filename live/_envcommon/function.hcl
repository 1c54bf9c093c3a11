locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//function"

  # Builds the zip in Terraform's folder; the same sources give the same bytes everywhere.
  before_hook "package" {
    commands = ["plan", "apply", "destroy", "refresh", "import"]
    execute  = ["${local.root}/inv", "build", "--output", "lambda.zip"]
  }
}

dependency "deploy_access" {
  config_path = "${get_terragrunt_dir()}/../deploy-access"

  mock_outputs = {
    permissions_boundary_arn = "arn:aws:iam::000000000000:policy/mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs = {
    private_subnet_ids = ["subnet-mock-private-a", "subnet-mock-private-b"]
    s3_prefix_list_id  = "pl-mock"
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
    kms_key_arn = "arn:aws:kms:eu-west-1:000000000000:key/mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

# Keep the logs even if the unit is destroyed by mistake.
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
  name                     = "${local.project}-${local.env.environment}"
  role_name                = "lambda_role_${local.env.environment}"
  package_path             = "lambda.zip"
  bucket_arn               = dependency.storage.outputs.bucket_arn
  bucket_name              = dependency.storage.outputs.bucket_name
  cors_origins             = local.env.cors_origins
  log_level                = local.env.log_level
  log_retention_days       = local.env.retention_days
  memory_mb                = local.env.memory_mb
  permissions_boundary_arn = dependency.deploy_access.outputs.permissions_boundary_arn
  reserved_concurrency     = local.env.reserved_concurrency
  s3_prefix_list_id        = dependency.network.outputs.s3_prefix_list_id
  snap_start               = local.env.snap_start
  subnet_ids               = dependency.network.outputs.private_subnet_ids
  vpc_id                   = dependency.network.outputs.vpc_id

  # Read the output only when there is a key: a null output is not in the state.
  documents_kms_key_arn   = local.env.documents_encryption == "kms" ? dependency.storage.outputs.kms_key_arn : null
  environment_kms_key_arn = local.env.documents_encryption == "kms" ? dependency.storage.outputs.kms_key_arn : null
}
