variable "architecture" {
  description = "Processor that the function runs on; the package is pure Python, so arm64 is simply cheaper."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "bucket_arn" {
  description = "Bucket of the documents, the only one that the function may read."
  type        = string
  nullable    = false
}

variable "bucket_name" {
  description = "Name of that bucket; the function gets it as BUCKET."
  type        = string
  nullable    = false
}

variable "canary_weight" {
  description = "Share of the requests that the newest version gets, of 0 to 1, while live_version keeps the rest on an older one."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.canary_weight >= 0 && var.canary_weight < 1
    error_message = "canary_weight must be at least 0 and less than 1; to send everything to the newest version, leave live_version out."
  }

  validation {
    condition     = var.canary_weight == 0 || var.live_version != null
    error_message = "canary_weight needs live_version: the version that gets the other requests."
  }
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, such as https://www.example.com, or * for any; none may unless named here."
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
  description = "Key that encrypts the documents, which the function may then decrypt; null where S3 encrypts them by a key of its own."
  type        = string
  default     = null

  validation {
    condition     = var.documents_kms_key_arn == null || can(regex("^arn:[^:]+:kms:", var.documents_kms_key_arn))
    error_message = "documents_kms_key_arn must be the ARN of a key, or null."
  }
}

variable "egress_cidr_blocks" {
  description = "Networks beside S3 that the function may open connections to, through NAT where they are outside; empty for an API that only reads documents."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for block in var.egress_cidr_blocks : can(cidrhost(block, 0))])
    error_message = "egress_cidr_blocks must be ranges such as 10.0.0.0/16, or 0.0.0.0/0 for every address."
  }
}

variable "environment_kms_key_arn" {
  description = "Key that encrypts the function's environment and its snapshots; null leaves that to a key of AWS's."
  type        = string
  default     = null

  validation {
    condition     = var.environment_kms_key_arn == null || can(regex("^arn:[^:]+:kms:", var.environment_kms_key_arn))
    error_message = "environment_kms_key_arn must be the ARN of a key, or null."
  }
}

variable "fresh_seconds" {
  description = "Seconds that a document is served from memory before S3 is asked again; a change is seen after at most so long."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.fresh_seconds >= 0 && floor(var.fresh_seconds) == var.fresh_seconds
    error_message = "fresh_seconds must be a whole number of seconds, 0 or more."
  }
}

variable "live_version" {
  description = "Published version that live stays on, for a canary or a rollback; null moves live to each new version."
  type        = string
  default     = null

  validation {
    condition     = var.live_version == null || can(regex("^[1-9][0-9]*$", var.live_version))
    error_message = "live_version must be the number of a published version, or null."
  }
}

variable "log_level" {
  description = "Least level that the function logs; above INFO, the line of each request and the metrics in it are left out."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "log_retention_days" {
  description = "Days that the function's logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs knows, such as 7, 30, 90 or 365."
  }
}

variable "memory_mb" {
  description = "Memory of the function in MB; its share of the processor grows with it."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb must be between 128 and 10240."
  }
}

variable "name" {
  description = "Name of the function; its log group, its security group and the namespace of its metrics are named after it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "package_path" {
  description = "Zip of the function's code; relative, so that the state is the same on every machine."
  type        = string
  default     = "lambda.zip"
  nullable    = false

  validation {
    condition     = !startswith(var.package_path, "/")
    error_message = "package_path must be relative: an absolute path differs between machines and would show as a change."
  }
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what the function's role can be allowed; null bounds nothing."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::[^:]*:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of a policy, or null."
  }
}

variable "reserved_concurrency" {
  description = "Requests that the function can always, and at most, serve at once; the rest are throttled. Null shares what the account has; 0 stops the function."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null || try(var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency, false)
    error_message = "reserved_concurrency must be a whole number, 0 or more, or null."
  }
}

variable "role_name" {
  description = "Name of the role that the function runs as; unique in the account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name must be 1 to 64 letters, digits and _+=,.@- signs."
  }
}

variable "s3_prefix_list_id" {
  description = "Addresses of S3 in this Region, all that the function has to reach."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^pl-", var.s3_prefix_list_id))
    error_message = "s3_prefix_list_id must be the id of a prefix list, pl-…."
  }
}

variable "snap_start" {
  description = "Whether a version starts from a snapshot of its initialised code: cold starts are shorter, publishing takes minutes longer and a snapshot costs."
  type        = bool
  default     = false
  nullable    = false
}

variable "stale_seconds" {
  description = "Seconds that a document is served from memory at most while S3 fails; afterwards the API answers 503."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.stale_seconds >= var.fresh_seconds && floor(var.stale_seconds) == var.stale_seconds
    error_message = "stale_seconds must be a whole number of seconds, not less than fresh_seconds."
  }
}

variable "subnet_ids" {
  description = "Private subnets that the function reaches the network from; in a public one it would have no way out."
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
  description = "Network of the subnets, for the function's security group."
  type        = string
  nullable    = false
}
