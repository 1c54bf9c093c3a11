locals {
  # For these actions IAM compares the boundary of the role with the condition.
  bounded_role_actions = [
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
  ]
  role_actions = [
    "iam:DeleteRole",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
  ]
  role_services = ["lambda.amazonaws.com", "s3.amazonaws.com", "vpc-flow-logs.amazonaws.com"]

  # Service-linked roles; AWS creates each once per account, on first use of the service.
  linked_services   = ["elasticloadbalancing.amazonaws.com", "wafv2.amazonaws.com"]
  service_role_arns = [for service in local.linked_services : "${local.iam}:role/aws-service-role/${service}/*"]

  apply_roles = [
    {
      # Without the boundary, a new role could have more permissions than the apply role.
      Sid       = "RolesWithTheBoundaryOnly"
      Effect    = "Allow"
      Action    = local.bounded_role_actions
      Resource  = local.role_arns
      Condition = { StringEquals = { "iam:PermissionsBoundary" = local.boundary_arn } }
    },
    {
      Sid      = "ChangeRoles"
      Effect   = "Allow"
      Action   = local.role_actions
      Resource = local.role_arns
    },
    {
      Sid       = "GiveRolesToServices"
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = local.role_arns
      Condition = { StringEquals = { "iam:PassedToService" = local.role_services } }
    },
    {
      # AWS may append a suffix to these role names.
      Sid       = "LetServicesMakeTheirOwnRoles"
      Effect    = "Allow"
      Action    = "iam:CreateServiceLinkedRole"
      Resource  = local.service_role_arns
      Condition = { StringEquals = { "iam:AWSServiceName" = local.linked_services } }
    },
  ]
}
