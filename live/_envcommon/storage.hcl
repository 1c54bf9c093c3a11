locals {
  root    = dirname(find_in_parent_folders("terragrunt.hcl"))
  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}

terraform {
  source = "${local.root}/modules//storage"

  # Checks every document, and puts them where a relative path finds them.
  before_hook "documents" {
    commands = ["plan", "apply", "destroy", "refresh", "import"]
    execute  = ["env", "PYTHONPATH=${local.root}", "python3", "-m", "terrarium.documents", "documents"]
  }
}

inputs = {
  bucket_name      = "${local.project}-documents-${local.env.environment}-${local.env.account_id}"
  documents_path   = "documents"
  force_destroy    = !local.env.deletion_protection
  old_version_days = local.env.retention_days
}
