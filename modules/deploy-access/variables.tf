variable "bucket_names" {
  description = "Buckets that deployments may create and change; * matches any characters. Not the state bucket."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.bucket_names) > 0 && alltrue([for name in var.bucket_names : can(regex("^[a-z0-9][a-z0-9-]{5,}[a-z0-9*-]*$", name))])
    error_message = "Each of bucket_names must begin with at least six characters of a name: a single * would match every bucket."
  }

  validation {
    condition     = !anytrue([for name in var.bucket_names : can(regex("^${replace(name, "*", ".*")}$", var.state_bucket_name))])
    error_message = "bucket_names must not match the state bucket: a deployment must not be able to change it."
  }
}

variable "github_environment" {
  description = "GitHub environment whose jobs may apply; its protection rules decide who approves them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.github_environment))
    error_message = "github_environment must be the name of one environment: letters, digits, hyphens and underscores."
  }
}

variable "github_repository" {
  description = "Repository whose workflows may deploy, as OWNER/NAME; tokens of other repositories are refused."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository must be one repository, as OWNER/NAME; a pattern would let other repositories deploy."
  }
}

variable "name" {
  description = "Prefix of the names of all resources of the environment; the apply role cannot change other names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lowercase letters, digits and hyphens, and begin with a letter."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's identity provider if the account already has one (it can hold only one); null creates it."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be the ARN of the provider token.actions.githubusercontent.com, or null."
  }
}

variable "role_names" {
  description = "Roles that deployments may create and pass to services; * matches any characters. Each must carry the boundary."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.role_names) > 0 && alltrue([for name in var.role_names : can(regex("^[A-Za-z0-9_+=,.@-]{6,}\\*?$", name))])
    error_message = "Each of role_names must begin with at least six characters of a name: a single * would match every role."
  }
}

variable "state_bucket_name" {
  description = "Bucket of the states. The plan role reads the environment's states; the apply role also writes them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_bucket_name))
    error_message = "state_bucket_name must be 3 to 63 lowercase letters, digits and hyphens."
  }
}

variable "state_prefix" {
  description = "Key prefix of the environment's states; the roles cannot read other keys of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9/_-]*/$", var.state_prefix))
    error_message = "state_prefix must name a folder of the bucket and end with /, such as live/dev/."
  }
}

variable "tags" {
  description = "Tags of every resource of the environment; where names cannot, they decide what the apply role may change."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.tags) > 0
    error_message = "tags must hold at least one tag: without tags, the apply role could change any resource of the account."
  }
}
