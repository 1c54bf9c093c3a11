# Who may deploy the environment from GitHub, and the most that any of its roles can do.
include "root" {
  path = find_in_parent_folders("terragrunt.hcl")
}

include "common" {
  path = "${dirname(find_in_parent_folders("terragrunt.hcl"))}/live/_envcommon/deploy-access.hcl"
}
