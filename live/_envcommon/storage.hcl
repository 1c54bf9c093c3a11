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
  bucket_name    = "${local.project}-documents-${local.env.environment}-${local.env.account_id}"
  documents_path = "documents"
  force_destroy  = !local.env.deletion_protection

  # The AWS inside the machine speaks plain HTTP, and a bucket there would lock everyone out.
  require_tls = !startswith(get_env("AWS_ENDPOINT_URL", ""), "http://")
}
