# VPC, subnets, NAT, S3 endpoint and flow logs.
include "root" {
  path = find_in_parent_folders("terragrunt.hcl")
}

include "common" {
  path = "${dirname(find_in_parent_folders("terragrunt.hcl"))}/live/_envcommon/network.hcl"
}
