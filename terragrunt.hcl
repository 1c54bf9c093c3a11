# Root configuration of every unit. Run Terragrunt in live/<environment> or in a unit's folder, never
# here.

locals {
  root = dirname(find_in_parent_folders("terragrunt.hcl"))
  unit = path_relative_to_include()

  project = read_terragrunt_config(find_in_parent_folders("project.hcl")).locals.project
  env     = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals

  # Set while the target is the AWS inside the machine. There, the assumed role selects the account, and
  # any credentials may assume it.
  endpoint = get_env("AWS_ENDPOINT_URL", "")
  is_local = local.endpoint != ""
  role_arn = local.is_local ? "arn:aws:iam::${local.env.account_id}:role/local-aws" : local.env.deploy_role

  # One working folder for each target, so that a change of target never meets another backend.
  host   = replace(local.endpoint, "/^[a-z]+:\\/\\//", "")
  target = local.is_local ? "local-${replace(local.host, "/[^A-Za-z0-9.]+/", "-")}" : "aws"
}

terragrunt_version_constraint = ">= 0.82.4" # the first version with use_lockfile
terraform_version_constraint  = ">= 1.11"
terraform_binary              = "terraform"

download_dir = "${get_terragrunt_dir()}/.terragrunt-cache/${local.target}"

terraform {
  # The root generates the lock file; see below.
  copy_terraform_lock_file = false
}

remote_state {
  backend = "s3"

  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }

  # Arguments that are null are left out.
  config = {
    for name, value in {
      bucket       = "${local.project}-state-${local.env.account_id}-${local.env.region}"
      key          = "${local.unit}/terraform.tfstate"
      region       = local.env.region
      encrypt      = true
      use_lockfile = true

      assume_role    = local.role_arn == null ? null : { role_arn = local.role_arn }
      endpoints      = local.is_local ? { s3 = local.endpoint, sts = local.endpoint } : null
      use_path_style = local.is_local ? true : null
    } : name => value if value != null
  }
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"

  contents = <<EOF
provider "aws" {
  region              = "${local.env.region}"
  allowed_account_ids = ["${local.env.account_id}"]
%{if local.is_local~}
  s3_use_path_style   = true
%{endif~}
%{if local.role_arn != null~}

  assume_role {
    role_arn = "${local.role_arn}"
  }
%{endif~}

  default_tags {
    tags = {
      Project     = "${local.project}"
      Environment = "${local.env.environment}"
      Unit        = "${local.unit}"
      ManagedBy   = "terragrunt"
    }
  }
}
EOF
}

# One lock file for the whole tree, with the hashes of every platform. Otherwise each unit would write
# one for the platform that it runs on.
generate "provider_lock" {
  path              = ".terraform.lock.hcl"
  if_exists         = "overwrite"
  disable_signature = true
  contents          = file("${local.root}/.terraform.lock.hcl")
}
