locals {
  # Resource types of the network.
  network_arns = [
    for kind in [
      "elastic-ip",
      "internet-gateway",
      "natgateway",
      "network-acl",
      "network-interface",
      "route-table",
      "security-group",
      "security-group-rule",
      "subnet",
      "vpc",
      "vpc-endpoint",
      "vpc-flow-log",
    ] : "${local.here.ec2}:${kind}/*"
  ]

  apply_network = [
    {
      # AWS chooses the ids, so tags decide what may be changed: nothing with the tags of another
      # environment. Resources that AWS creates with a VPC have no tags at first.
      Sid    = "ChangeNetwork"
      Effect = "Allow"
      Action = [
        "ec2:AllocateAddress",
        "ec2:AssociateRouteTable",
        "ec2:AttachInternetGateway",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateFlowLogs",
        "ec2:CreateInternetGateway",
        "ec2:CreateNatGateway",
        "ec2:CreateNetworkAcl",
        "ec2:CreateNetworkAclEntry",
        "ec2:CreateRoute",
        "ec2:CreateRouteTable",
        "ec2:CreateSecurityGroup",
        "ec2:CreateSubnet",
        "ec2:CreateTags",
        "ec2:CreateVpc",
        "ec2:CreateVpcEndpoint",
        "ec2:DeleteNetworkAclEntry",
        "ec2:DeleteTags",
        "ec2:DetachInternetGateway",
        "ec2:DisassociateAddress",
        "ec2:DisassociateRouteTable",
        "ec2:ModifySecurityGroupRules",
        "ec2:ModifySubnetAttribute",
        "ec2:ModifyVpcAttribute",
        "ec2:ModifyVpcEndpoint",
        "ec2:ReplaceNetworkAclAssociation",
        "ec2:ReplaceRoute",
        "ec2:ReplaceRouteTableAssociation",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
      ]
      Resource  = local.network_arns
      Condition = local.is_ours_or_new
    },
    {
      # Only resources with the tags of this environment.
      Sid    = "DeleteNetwork"
      Effect = "Allow"
      Action = [
        "ec2:DeleteFlowLogs",
        "ec2:DeleteInternetGateway",
        "ec2:DeleteNatGateway",
        "ec2:DeleteNetworkAcl",
        "ec2:DeleteRoute",
        "ec2:DeleteRouteTable",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteSubnet",
        "ec2:DeleteVpc",
        "ec2:DeleteVpcEndpoints",
        "ec2:ReleaseAddress",
      ]
      Resource  = local.network_arns
      Condition = local.is_ours
    },
    {
      # Lambda leaves its untagged interfaces behind when a function is deleted.
      Sid      = "RemoveInterfacesOfFunctions"
      Effect   = "Allow"
      Action   = ["ec2:DeleteNetworkInterface", "ec2:DetachNetworkInterface"]
      Resource = "${local.here.ec2}:network-interface/*"
    },
  ]
}
