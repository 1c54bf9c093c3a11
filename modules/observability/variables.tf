variable "alarm_emails" {
  description = "Addresses that are told of every alarm; each has to confirm once, by the message that AWS sends."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", address))])
    error_message = "Each of alarm_emails must be an address, such as on-call@example.com."
  }
}

variable "firewall_log_group_name" {
  description = "Where the firewall's log is, for the query that reads it."
  type        = string
  nullable    = false
}

variable "function_name" {
  description = "Function that answers the requests."
  type        = string
  nullable    = false
}

variable "function_timeout_seconds" {
  description = "Seconds after which Lambda stops a request; the alarm on the function's duration is a share of it."
  type        = number
  nullable    = false

  validation {
    condition     = var.function_timeout_seconds >= 1 && var.function_timeout_seconds <= 900
    error_message = "function_timeout_seconds must be between 1 and 900."
  }
}

variable "load_balancer_arn_suffix" {
  description = "Load balancer in front of the function, as its metrics name it."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.load_balancer_arn_suffix, "app/")
    error_message = "load_balancer_arn_suffix must be the end of the ARN of an application load balancer, from app/ on."
  }
}

variable "log_group_name" {
  description = "Where the function's log is: JSON, with a level in each line."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Name of what is watched: of the dashboard, of the namespace of its own metrics, and prefix of all other names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "nat_gateway_ids" {
  description = "NAT gateways of the function's network, in a fixed order: an alarm is named after a gateway's place in it."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "reserved_concurrency" {
  description = "Requests that the function serves at once at most; null, for a function without a reserve, leaves the alarm on it out."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 1
    error_message = "reserved_concurrency must be at least 1, or null."
  }
}

variable "runbooks" {
  description = "Folder or URL of the runbook pages; every alarm's description ends with the page that says what to do."
  type        = string
  default     = "docs/how-to"
  nullable    = false

  validation {
    condition     = !endswith(var.runbooks, "/")
    error_message = "runbooks must not end with a slash."
  }
}

variable "target_group_arn_suffix" {
  description = "Target group that the function is in, as its metrics name it."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.target_group_arn_suffix, "targetgroup/")
    error_message = "target_group_arn_suffix must be the end of a target group's ARN, from targetgroup/ on."
  }
}

variable "thresholds" {
  description = "From where on it is an alarm: numbers are for five minutes, durations for the slowest in a hundred requests, and what fails at all, such as a throttled request, has none."

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
  description = "Firewall in front of the load balancer, as its metrics name it."
  type        = string
  nullable    = false
}
