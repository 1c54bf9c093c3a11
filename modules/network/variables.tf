variable "availability_zones" {
  description = "Zones that get one public and one private subnet each; append only, since a zone's place in the list decides its address ranges."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 6
    error_message = "availability_zones must name two to six zones: a load balancer needs two."
  }

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must not name a zone twice."
  }
}

variable "cidr_block" {
  description = "IPv4 range of the network; public subnets take its first sixteenth, private ones a sixteenth each."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.cidr_block, 0)) && can(regex("/(1[6-9]|20)$", var.cidr_block))
    error_message = "cidr_block must be an IPv4 range from /16 to /20, such as 10.0.0.0/16: its subnets are 256 times smaller."
  }
}

variable "flow_log_retention_days" {
  description = "Days that a record of the network's traffic is kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.flow_log_retention_days)
    error_message = "flow_log_retention_days must be a number of days that CloudWatch Logs knows, such as 7, 30, 90 or 365."
  }
}

variable "name" {
  description = "Name of the network, and prefix of the names of everything in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lowercase letters, digits and hyphens, from a letter on."
  }
}

variable "nat_mode" {
  description = "Way out for private subnets: none, a single NAT gateway (cheaper, gone with its zone), or one per_zone."
  type        = string
  default     = "single"
  nullable    = false

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat_mode)
    error_message = "nat_mode must be none, single or per_zone."
  }
}
