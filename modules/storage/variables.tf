variable "bucket_name" {
  description = "Name of the bucket, globally unique, so include the account id. The names of the log bucket and the replica are derived from it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,53}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be 3 to 55 lowercase letters, digits and hyphens: a dot would break TLS, and the suffix -replica has to fit."
  }
}

variable "deployer_arns" {
  description = "Roles and users that may read documents without vpc_endpoint_id, because a plan compares them; the caller always may. Name everyone who plans or applies, or the policy changes with each caller."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.deployer_arns : can(regex("^arn:[^:]+:iam::[0-9*]+:(role|user)/.+$", arn))])
    error_message = "deployer_arns must be ARNs of roles or users; for an assumed role, name the role and not the session."
  }
}

variable "documents_path" {
  description = "Folder whose *.json files become objects of the same names. Relative, so that the state is the same on every machine."
  type        = string
  default     = "documents"
  nullable    = false

  validation {
    condition     = !startswith(var.documents_path, "/")
    error_message = "documents_path must be relative: an absolute path differs between machines and would show as a change."
  }

  validation {
    condition     = length(fileset(var.documents_path, "*.json")) > 0
    error_message = "documents_path must hold at least one .json file: an empty folder would delete every document."
  }

  validation {
    condition     = alltrue([for name in fileset(var.documents_path, "*.json") : can(jsondecode(file("${var.documents_path}/${name}")))])
    error_message = "documents_path must hold only JSON; this is not: ${join(", ", [for name in fileset(var.documents_path, "*.json") : name if !can(jsondecode(file("${var.documents_path}/${name}")))])}."
  }
}

variable "encryption" {
  description = "Encryption of the documents: s3 for a key that AWS manages, or kms for a customer managed key, which every reader needs kms:Decrypt for. Going back from kms deletes the key, and old versions become unreadable."
  type        = string
  default     = "s3"
  nullable    = false

  validation {
    condition     = contains(["s3", "kms"], var.encryption)
    error_message = "encryption must be s3 or kms."
  }
}

variable "force_destroy" {
  description = "Whether a destroy also deletes old versions, replicas and logs. If false, the destroy of a bucket that holds any of them fails."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Days to keep the access logs."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.log_retention_days >= 1 && floor(var.log_retention_days) == var.log_retention_days
    error_message = "log_retention_days must be a whole number of days, at least 1."
  }
}

variable "old_version_days" {
  description = "Days that an old version of a document can be recovered. A removed document can always be recovered from the replica."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.old_version_days >= 1 && floor(var.old_version_days) == var.old_version_days
    error_message = "old_version_days must be a whole number of days, at least 1."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the replication role; null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::[^:]*:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of a policy, or null."
  }
}

variable "replication_role_name" {
  description = "Name of the role that S3 uses to replicate documents; unique in the account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.replication_role_name))
    error_message = "replication_role_name must be 1 to 64 letters, digits and _+=,.@- signs."
  }
}

variable "vpc_endpoint_id" {
  description = "The only S3 endpoint through which documents can be read, except by deployer_arns; null sets no such limit."
  type        = string
  default     = null

  validation {
    condition     = var.vpc_endpoint_id == null || can(regex("^vpce-", var.vpc_endpoint_id))
    error_message = "vpc_endpoint_id must be the id of an endpoint, vpce-…, or null."
  }
}
