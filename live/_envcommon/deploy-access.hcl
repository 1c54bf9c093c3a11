locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  github  = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.github_repository
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
  name    = "${local.project}-${local.env.environment}"
}

terraform {
  source = "${local.root}/modules//deploy-access"
}

inputs = {
  name               = local.name
  github_environment = local.env.environment
  github_repository  = local.github
  role_names         = ["${local.name}-*", "lambda_role_${local.env.environment}"]
  state_bucket_name  = "${local.project}-state-${local.env.account_id}-${local.env.region}"
  state_prefix       = "live/${local.env.environment}/"

  # Bucket names are globally unique, so they include the account id.
  bucket_names = [
    "${local.name}-*-${local.env.account_id}",
    "${local.project}-documents-${local.env.environment}-${local.env.account_id}*",
  ]

  # The same tags as default_tags in the root.
  tags = {
    Environment = local.env.environment
    Project     = local.project
  }
}
