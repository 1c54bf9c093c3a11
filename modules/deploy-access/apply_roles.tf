locals {
  # IAM compares the boundary of the role itself with that of the condition for these.
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

  # Made by AWS once in an account, by whoever uses the service first.
  linked_services   = ["elasticloadbalancing.amazonaws.com", "wafv2.amazonaws.com"]
  service_role_arns = [for service in local.linked_services : "${local.iam}:role/aws-service-role/${service}/*"]

  apply_roles = [
    {
      # Without the boundary, a role made here could do what its maker cannot.
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
      # AWS ends the names of these roles as it likes.
      Sid       = "LetServicesMakeTheirOwnRoles"
      Effect    = "Allow"
      Action    = "iam:CreateServiceLinkedRole"
      Resource  = local.service_role_arns
      Condition = { StringEquals = { "iam:AWSServiceName" = local.linked_services } }
    },
  ]
}
