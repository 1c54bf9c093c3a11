variable "architecture" {
  description = "Processor architecture of the function. The package is pure Python, so arm64 is the cheaper choice."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "bucket_arn" {
  description = "ARN of the document bucket, the only bucket that the function may read."
  type        = string
  nullable    = false
}

variable "bucket_name" {
  description = "Name of the document bucket; the function reads it from the variable BUCKET."
  type        = string
  nullable    = false
}

variable "canary_weight" {
  description = "Share of requests, from 0 to 1, for the newest version; live_version gets the rest."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.canary_weight >= 0 && var.canary_weight < 1
    error_message = "canary_weight must be at least 0 and less than 1; to send every request to the newest version, leave live_version out."
  }

  validation {
    condition     = var.canary_weight == 0 || var.live_version != null
    error_message = "canary_weight needs live_version: the version that gets the other requests."
  }
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, such as https://www.example.com, or * for any origin; empty allows none."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : origin == "*" || can(regex("^https?://([a-z0-9.-]+|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?$", origin))])
    error_message = "cors_origins must be origins, such as https://www.example.com, in lower case and without a path, or *."
  }

  validation {
    condition     = !contains(var.cors_origins, "*") || length(var.cors_origins) == 1
    error_message = "cors_origins must have * alone: it allows every origin already."
  }
}

variable "documents_kms_key_arn" {
  description = "KMS key of the documents, which the function may then use to decrypt; null when S3 manages the key."
  type        = string
  default     = null

  validation {
    condition     = var.documents_kms_key_arn == null || can(regex("^arn:[^:]+:kms:", var.documents_kms_key_arn))
    error_message = "documents_kms_key_arn must be the ARN of a key, or null."
  }
}

variable "egress_cidr_blocks" {
  description = "Networks that the function may connect to besides S3, through NAT if they are outside the VPC; empty for an API that only reads documents."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for block in var.egress_cidr_blocks : can(cidrhost(block, 0))])
    error_message = "egress_cidr_blocks must be ranges such as 10.0.0.0/16, or 0.0.0.0/0 for every address."
  }
}

variable "environment_kms_key_arn" {
  description = "KMS key for the function's environment variables and snapshots; null uses a key that AWS manages."
  type        = string
  default     = null

  validation {
    condition     = var.environment_kms_key_arn == null || can(regex("^arn:[^:]+:kms:", var.environment_kms_key_arn))
    error_message = "environment_kms_key_arn must be the ARN of a key, or null."
  }
}

variable "fresh_seconds" {
  description = "Seconds that a document is served from memory before S3 is asked again. A change is visible after this time at the latest."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.fresh_seconds >= 0 && floor(var.fresh_seconds) == var.fresh_seconds
    error_message = "fresh_seconds must be a whole number of seconds, 0 or more."
  }
}

variable "live_version" {
  description = "Published version that the alias live stays on, for a canary or a rollback; null moves it to each new version."
  type        = string
  default     = null

  validation {
    condition     = var.live_version == null || can(regex("^[1-9][0-9]*$", var.live_version))
    error_message = "live_version must be the number of a published version, or null."
  }
}

variable "log_level" {
  description = "Lowest level that the function logs. Above INFO it logs no line for each request, and so no metrics."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "log_retention_days" {
  description = "Days to keep the function's logs."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs knows, such as 7, 30, 90 or 365."
  }
}

variable "memory_mb" {
  description = "Memory of the function in MB; its CPU share grows with it."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb must be between 128 and 10240."
  }
}

variable "name" {
  description = "Name of the function, its log group, its security group and its metric namespace."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "package_path" {
  description = "Path of the function's zip. Relative, so that the state is the same on every machine."
  type        = string
  default     = "lambda.zip"
  nullable    = false

  validation {
    condition     = !startswith(var.package_path, "/")
    error_message = "package_path must be relative: an absolute path differs between machines and would show as a change."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the function's role; null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::[^:]*:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of a policy, or null."
  }
}

variable "reserved_concurrency" {
  description = "Concurrent requests that the function is guaranteed and limited to; more are throttled. Null shares the account's concurrency; 0 stops the function."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null || try(var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency, false)
    error_message = "reserved_concurrency must be a whole number, 0 or more, or null."
  }
}

variable "role_name" {
  description = "Name of the function's execution role; unique in the account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name must be 1 to 64 letters, digits and _+=,.@- signs."
  }
}

variable "s3_prefix_list_id" {
  description = "Prefix list of S3 in this Region, the only destination that the function needs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^pl-", var.s3_prefix_list_id))
    error_message = "s3_prefix_list_id must be the id of a prefix list, pl-…."
  }
}

variable "snap_start" {
  description = "Whether versions start from a snapshot of the initialised code: cold starts are shorter, publishing takes minutes longer, and snapshots cost money."
  type        = bool
  default     = false
  nullable    = false
}

variable "stale_seconds" {
  description = "Longest time in seconds that a document is served from memory while S3 fails; after it the API answers 503."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.stale_seconds >= var.fresh_seconds && floor(var.stale_seconds) == var.stale_seconds
    error_message = "stale_seconds must be a whole number of seconds, not less than fresh_seconds."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the function; in a public subnet it could not reach any service."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1
    error_message = "subnet_ids must name at least one subnet."
  }
}

variable "timeout_seconds" {
  description = "Seconds a request may run before Lambda stops it; the load balancer then answers 502."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds must be between 1 and 900."
  }
}

variable "vpc_id" {
  description = "VPC of the subnets, for the function's security group."
  type        = string
  nullable    = false
}
