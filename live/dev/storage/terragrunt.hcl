# The documents that the environment serves, and their bucket.
include "root" {
  path = find_in_parent_folders("terragrunt.hcl")
}

include "common" {
  path = "${dirname(find_in_parent_folders("terragrunt.hcl"))}/live/_envcommon/storage.hcl"
}
