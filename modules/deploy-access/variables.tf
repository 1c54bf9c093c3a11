variable "bucket_names" {
  description = "Buckets of the environment that its deployments make and change; * stands for any characters. Not the state bucket."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.bucket_names) > 0 && alltrue([for name in var.bucket_names : can(regex("^[a-z0-9][a-z0-9-]{5,}[a-z0-9*-]*$", name))])
    error_message = "Each of bucket_names must begin with six characters of a bucket's name or more: * alone would mean every bucket."
  }

  validation {
    condition     = !anytrue([for name in var.bucket_names : can(regex("^${replace(name, "*", ".*")}$", var.state_bucket_name))])
    error_message = "No bucket_names may mean the state bucket: a deployment must not be able to change it."
  }
}

variable "github_environment" {
  description = "Environment in the settings of the repository whose jobs may apply; its rules decide who lets them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.github_environment))
    error_message = "github_environment must be the whole name of one environment: letters, digits, hyphens and underscores."
  }
}

variable "github_repository" {
  description = "Repository whose workflows may deploy, as OWNER/NAME; a token of any other is refused."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository must be one repository, as OWNER/NAME; a pattern would let others deploy."
  }
}

variable "name" {
  description = "Beginning of the names of everything in the environment; what has another name the apply role cannot touch."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lowercase letters, digits and hyphens, from a letter on."
  }
}

variable "oidc_provider_arn" {
  description = "GitHub's identity provider where the account has one already, since it can hold only one; null makes it."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be the ARN of the provider token.actions.githubusercontent.com, or null."
  }
}

variable "role_names" {
  description = "Roles that a deployment makes and hands to services; * stands for any characters. Each has to carry the boundary."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.role_names) > 0 && alltrue([for name in var.role_names : can(regex("^[A-Za-z0-9_+=,.@-]{6,}\\*?$", name))])
    error_message = "Each of role_names must begin with six characters of a role's name or more: * alone would mean every role."
  }
}

variable "state_bucket_name" {
  description = "Bucket of the states; plan reads those of the environment, apply writes them too."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_bucket_name))
    error_message = "state_bucket_name must be 3 to 63 lowercase letters, digits and hyphens."
  }
}

variable "state_prefix" {
  description = "What the keys of the environment's states begin with; others in the bucket stay out of reach."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9/_-]*/$", var.state_prefix))
    error_message = "state_prefix must name a folder of the bucket and end with /, such as live/dev/."
  }
}

variable "tags" {
  description = "Tags by which everything in the environment is told from what is not: where a name cannot say it, they say what may be changed."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.tags) > 0
    error_message = "tags must hold at least one tag: without any, whatever is in the account could be changed."
  }
}
