variable "count_only" {
  description = "Whether every rule only counts, and blocks nothing: for a first rollout, to see which requests the rules match."
  type        = bool
  default     = false
  nullable    = false
}

variable "counted_rules" {
  description = "Rules that only count, by managed rule group, because they would block wanted requests, such as HostingProviderIPList when clients are servers."
  type        = map(set(string))
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.counted_rules), keys(local.managed_groups))) == 0
    error_message = "The keys of counted_rules must be managed rule groups: ${join(", ", keys(local.managed_groups))}."
  }
}

variable "load_balancer_arn" {
  description = "Load balancer to protect; it can have only one web ACL."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:elasticloadbalancing:[^:]+:[^:]+:loadbalancer/app/", var.load_balancer_arn))
    error_message = "load_balancer_arn must be the ARN of an application load balancer."
  }
}

variable "log_retention_days" {
  description = "Days to keep the log of blocked and counted requests."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs knows, such as 7, 30, 90 or 365."
  }
}

variable "name" {
  description = "Name of the web ACL and its metrics; the name of its log group ends with it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,100}$", var.name))
    error_message = "name must be 1 to 100 letters, digits, hyphens and underscores."
  }
}

variable "rate_limit" {
  description = "Requests that one address may make in five minutes; WAF answers 429 to the rest."
  type        = number
  default     = 2000
  nullable    = false

  validation {
    condition     = var.rate_limit >= 10 && var.rate_limit <= 2000000000 && floor(var.rate_limit) == var.rate_limit
    error_message = "rate_limit must be a whole number between 10 and 2000000000."
  }
}
