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

variable "log_level" {
  description = "Least level that the function logs; it gets it as LOG_LEVEL."
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
  description = "Name of the function; its log group and security group are named after it."
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

variable "role_name" {
  description = "Name of the role that the function runs as; unique in the account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name must be 1 to 64 letters, digits and _+=,.@- signs."
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
