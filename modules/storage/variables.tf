variable "bucket_name" {
  description = "Name of the bucket; unique among all of AWS, so it should carry the account id. Its log bucket and its replica are named after it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,53}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be 3 to 55 lowercase letters, digits and hyphens: a dot would break TLS, and -replica has to fit behind it."
  }
}

variable "deployer_arns" {
  description = "Roles and users that read documents from outside vpc_endpoint_id, to compare them; whoever applies always may. Name all who plan or apply, or the policy follows the last."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.deployer_arns : can(regex("^arn:[^:]+:iam::[0-9*]+:(role|user)/.+$", arn))])
    error_message = "deployer_arns must be ARNs of roles or users; an assumed role counts by its role, not by its session."
  }
}

variable "documents_path" {
  description = "Folder whose *.json files become the bucket's objects, by the same names; relative, so that the state is the same on every machine."
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
  description = "What encrypts documents: s3, a key of AWS's, or kms, a key of our own that every reader needs kms:Decrypt for. Going back from kms loses old versions with the key."
  type        = string
  default     = "s3"
  nullable    = false

  validation {
    condition     = contains(["s3", "kms"], var.encryption)
    error_message = "encryption must be s3 or kms."
  }
}

variable "force_destroy" {
  description = "Whether a destroy also deletes what the three buckets hold beside the documents: old versions, replicas, logs. If not, such a destroy fails."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that access logs are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.log_retention_days >= 1 && floor(var.log_retention_days) == var.log_retention_days
    error_message = "log_retention_days must be a whole number of days, at least 1."
  }
}

variable "old_version_days" {
  description = "Days that a replaced document can be brought back; a removed one can be for ever."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.old_version_days >= 1 && floor(var.old_version_days) == var.old_version_days
    error_message = "old_version_days must be a whole number of days, at least 1."
  }
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what the replication role can be allowed; null bounds nothing."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::[^:]*:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of a policy, or null."
  }
}

variable "replication_role_name" {
  description = "Name of the role by which S3 copies documents to the replica; unique in the account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.replication_role_name))
    error_message = "replication_role_name must be 1 to 64 letters, digits and _+=,.@- signs."
  }
}

variable "vpc_endpoint_id" {
  description = "Endpoint of S3 from which alone documents can be read, deployer_arns excepted; null leaves that to the policies of roles."
  type        = string
  default     = null

  validation {
    condition     = var.vpc_endpoint_id == null || can(regex("^vpce-", var.vpc_endpoint_id))
    error_message = "vpc_endpoint_id must be the id of an endpoint, vpce-…, or null."
  }
}
