variable "alarm_emails" {
  description = "E-mail addresses that receive every alarm. Each must confirm the message that AWS sends once."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", address))])
    error_message = "Each of alarm_emails must be an address, such as on-call@example.com."
  }
}

variable "firewall_log_group_name" {
  description = "Log group of the firewall, for a saved query."
  type        = string
  nullable    = false
}

variable "function_name" {
  description = "Name of the function."
  type        = string
  nullable    = false
}

variable "function_timeout_seconds" {
  description = "Timeout of the function in seconds; the duration alarm is a share of it."
  type        = number
  nullable    = false

  validation {
    condition     = var.function_timeout_seconds >= 1 && var.function_timeout_seconds <= 900
    error_message = "function_timeout_seconds must be between 1 and 900."
  }
}

variable "load_balancer_arn_suffix" {
  description = "ARN suffix of the load balancer, as metrics name it."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.load_balancer_arn_suffix, "app/")
    error_message = "load_balancer_arn_suffix must be the end of the ARN of an application load balancer, from app/ on."
  }
}

variable "log_group_name" {
  description = "Log group of the function: JSON lines with a level."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Name of the dashboard and of the metric namespace, and prefix of all other names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "nat_gateway_ids" {
  description = "NAT gateways of the network, in a fixed order: alarms are numbered by position."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "reserved_concurrency" {
  description = "Reserved concurrency of the function; null, for a function without a reserve, omits its alarm."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 1
    error_message = "reserved_concurrency must be at least 1, or null."
  }
}

variable "runbooks" {
  description = "Folder or URL of the runbooks; the description of every alarm ends with the page of its runbook."
  type        = string
  default     = "docs/how-to"
  nullable    = false

  validation {
    condition     = !endswith(var.runbooks, "/")
    error_message = "runbooks must not end with a slash."
  }
}

variable "target_group_arn_suffix" {
  description = "ARN suffix of the function's target group, as metrics name it."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.target_group_arn_suffix, "targetgroup/")
    error_message = "target_group_arn_suffix must be the end of a target group's ARN, from targetgroup/ on."
  }
}

variable "thresholds" {
  description = "Thresholds of the alarms. Counts are for five minutes, durations are p99. Alarms without a threshold here fire on the first event, such as a throttled request."

  type = object({
    blocked_requests    = optional(number, 500) # by the firewall
    concurrency_percent = optional(number, 80)  # of the function's reserve
    duration_percent    = optional(number, 80)  # of the function's timeout
    error_lines         = optional(number, 5)   # in the function's log
    error_rate_percent  = optional(number, 5)   # of the function's invocations
    failing_percent     = optional(number, 50)  # of all requests, before the API counts as down
    latency_seconds     = optional(number, 1)   # that a client waits
    server_errors       = optional(number, 5)   # answers of each kind of error
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, value in var.thresholds : value > 0])
    error_message = "Each of thresholds must be greater than 0."
  }

  validation {
    condition     = alltrue([for name, value in var.thresholds : value <= 100 if endswith(name, "_percent")])
    error_message = "No percentage of thresholds may be greater than 100."
  }
}

variable "web_acl_name" {
  description = "Name of the web ACL, as metrics name it."
  type        = string
  nullable    = false
}
