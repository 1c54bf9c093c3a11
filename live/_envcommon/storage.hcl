locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//storage"

  # Checks every document and copies them into Terraform's folder.
  before_hook "documents" {
    commands = ["plan", "apply", "destroy", "refresh", "import"]
    execute  = ["${local.root}/inv", "documents", "--output", "documents"]
  }
}

dependency "deploy_access" {
  config_path = "${get_terragrunt_dir()}/../deploy-access"

  mock_outputs = {
    apply_role_arn           = "arn:aws:iam::000000000000:role/mock-apply"
    permissions_boundary_arn = "arn:aws:iam::000000000000:policy/mock"
    plan_role_arn            = "arn:aws:iam::000000000000:role/mock-plan"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

# Keep the data even if the unit is destroyed by mistake.
generate "protection" {
  path        = "protection_override.tf"
  if_exists   = "overwrite_terragrunt"
  disable     = !local.env.deletion_protection
  if_disabled = "remove_terragrunt"

  contents = <<EOF
resource "aws_kms_key" "this" {
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket" "logs" {
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket" "replica" {
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket" "this" {
  lifecycle {
    prevent_destroy = true
  }
}
EOF
}

inputs = {
  bucket_name              = "${local.project}-documents-${local.env.environment}-${local.env.account_id}"
  deployer_arns            = [dependency.deploy_access.outputs.apply_role_arn, dependency.deploy_access.outputs.plan_role_arn]
  documents_path           = "documents"
  encryption               = local.env.documents_encryption
  force_destroy            = !local.env.deletion_protection
  log_retention_days       = local.env.retention_days
  old_version_days         = local.env.retention_days
  permissions_boundary_arn = dependency.deploy_access.outputs.permissions_boundary_arn
  replication_role_name    = "${local.project}-${local.env.environment}-replication"
}
