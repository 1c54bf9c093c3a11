data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = coalesce(var.oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))

  # Subjects that may assume each role. GitHub writes the subject of a token; a workflow cannot choose it.
  roles = {
    plan = {
      description = "Plans ${var.name} for pull requests of ${var.github_repository}."
      subject     = "repo:${var.github_repository}:pull_request"
    }
    apply = {
      description = "Applies ${var.name} from the environment ${var.github_environment} of ${var.github_repository}."
      subject     = "repo:${var.github_repository}:environment:${var.github_environment}"
    }
  }
}

# An account can hold only one provider for a URL.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]

  tags = { Name = "github-actions" }
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = "${var.name}-${each.key}"
  path                 = local.path
  description          = each.value.description
  permissions_boundary = aws_iam_policy.boundary.arn
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.provider_arn }
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = each.value.subject
        }
      }
    }]
  })
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${var.name}-${each.key}"
  path        = local.path
  description = each.value.description
  policy      = each.value.document

  lifecycle {
    precondition {
      condition     = length(each.value.document) <= local.policy_length
      error_message = "The policy ${each.key} is longer than the ${local.policy_length} characters that IAM takes: split it by concern, or shorten names."
    }
  }
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.attachments

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = aws_iam_policy.this[each.value.concern].arn
}
