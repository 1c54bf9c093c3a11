# GitHub deploy roles and the permission boundary.
include "root" {
  path = find_in_parent_folders("terragrunt.hcl")
}

include "common" {
  path = "${dirname(find_in_parent_folders("terragrunt.hcl"))}/live/_envcommon/deploy-access.hcl"
}
