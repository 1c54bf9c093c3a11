variable "alias_arn" {
  description = "ARN of the function's alias."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:[^:]+:[^:]+$", var.alias_arn))
    error_message = "alias_arn must be the ARN of an alias: it ends with the names of the function and the alias."
  }
}

variable "alias_name" {
  description = "Name of the alias; the load balancer may invoke only this alias of the function."
  type        = string
  nullable    = false
}

variable "function_name" {
  description = "Name of the alias's function."
  type        = string
  nullable    = false
}

variable "listener_arn" {
  description = "Listener that gets the rule; one listener can hold many rules."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]{12}:listener/app/", var.listener_arn))
    error_message = "listener_arn must be the ARN of a listener of an application load balancer."
  }
}

variable "name" {
  description = "Name of the target group and of the rule."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$", var.name))
    error_message = "name must be 1 to 32 letters, digits and inner hyphens."
  }
}

variable "paths" {
  description = "Path patterns that are forwarded to the function; * matches any characters, including slashes. The listener's default action handles other paths."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.paths) >= 1 && length(var.paths) <= 5
    error_message = "paths must hold one to five patterns: a rule can hold no more values."
  }

  validation {
    condition     = alltrue([for path in var.paths : can(regex("^[/*][A-Za-z0-9_.$/~\"'@:+&*?-]{0,127}$", path))])
    error_message = "Each of paths must begin with / or *, have at most 128 characters, and only those that a path pattern allows."
  }
}

variable "priority" {
  description = "Priority of the rule, lowest first; unique per listener."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.priority >= 1 && var.priority <= 50000 && floor(var.priority) == var.priority
    error_message = "priority must be a whole number between 1 and 50000."
  }
}
