# Document bucket, its replica and the documents.
include "root" {
  path = find_in_parent_folders("terragrunt.hcl")
}

include "common" {
  path = "${dirname(find_in_parent_folders("terragrunt.hcl"))}/live/_envcommon/storage.hcl"
}

dependency "network" {
  config_path = "${get_terragrunt_dir()}/../network"

  mock_outputs = {
    s3_endpoint_id = "vpce-mock"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan", "show", "output"]
  mock_outputs_merge_strategy_with_state  = "shallow"
}

inputs = {
  vpc_endpoint_id = dependency.network.outputs.s3_endpoint_id
}
