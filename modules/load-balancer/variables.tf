variable "certificate_arn" {
  description = "Certificate for HTTPS on port 443; port 80 then redirects. Null serves only HTTP."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:(acm|iam):", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of a certificate in ACM or IAM, or null."
  }
}

variable "client_cidr_blocks" {
  description = "Client ranges that may connect to the listeners; other clients get no answer."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = length(var.client_cidr_blocks) >= 1 && alltrue([for range in var.client_cidr_blocks : can(cidrnetmask(range))])
    error_message = "client_cidr_blocks must hold at least one IPv4 range, such as 0.0.0.0/0."
  }

  validation {
    condition     = !var.internal || !contains(var.client_cidr_blocks, "0.0.0.0/0")
    error_message = "client_cidr_blocks of an internal load balancer must name its clients, such as the network's own range."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer. Apply false before a destroy."
  type        = bool
  default     = false
  nullable    = false
}

variable "force_destroy" {
  description = "Whether destroying the log bucket also deletes its logs. If false, the destroy of a bucket with logs fails."
  type        = bool
  default     = false
  nullable    = false
}

variable "internal" {
  description = "Whether the load balancer has only private addresses. A change replaces it, and its DNS name changes."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_bucket_name" {
  description = "Name of the bucket for access logs and connection logs, globally unique, so include the account id."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.log_bucket_name))
    error_message = "log_bucket_name must be 3 to 63 lowercase letters, digits and hyphens; a dot would break TLS."
  }
}

variable "log_retention_days" {
  description = "Days to keep access logs and connection logs."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.log_retention_days >= 1 && floor(var.log_retention_days) == var.log_retention_days
    error_message = "log_retention_days must be a whole number of at least 1."
  }
}

variable "name" {
  description = "Name of the load balancer; its DNS name begins with it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$", var.name)) && !startswith(var.name, "internal-")
    error_message = "name must be 1 to 32 letters, digits and inner hyphens, and not begin with internal-."
  }
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, in at least two zones: public, or private for an internal load balancer."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name at least two subnets, in different zones."
  }
}

variable "vpc_id" {
  description = "VPC of the subnets, for the load balancer's security group."
  type        = string
  nullable    = false
}
