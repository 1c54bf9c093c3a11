variable "availability_zones" {
  description = "Zones that get one public and one private subnet each. Append only: the position of a zone decides its address ranges."
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
  description = "IPv4 range of the network. The public subnets share its first sixteenth; each private subnet takes another sixteenth."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9.]+/1[6-9]$", var.cidr_block)) && can(cidrhost(var.cidr_block, 0))
    error_message = "cidr_block must be an IPv4 range from /16 to /19, such as 10.0.0.0/16: a public subnet is 256 times smaller, and a load balancer needs a /27."
  }

  validation {
    condition     = try(cidrsubnet(var.cidr_block, 0, 0) == var.cidr_block, true)
    error_message = "cidr_block must begin with the first address of its range, such as 10.0.0.0/16: AWS would store a different value."
  }
}

variable "document_bucket_names" {
  description = "Names of the buckets that private subnets may read through the S3 endpoint; it refuses every other bucket. Names, so that the network does not depend on the buckets."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.document_bucket_names) >= 1
    error_message = "document_bucket_names must name at least one bucket: the endpoint would refuse every request."
  }

  validation {
    condition     = alltrue([for name in var.document_bucket_names : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", name))])
    error_message = "Each of document_bucket_names must be the name of a bucket, not an ARN or a pattern."
  }
}

variable "egress_ports" {
  description = "TCP ports on which private subnets may reach other hosts. The network ACLs block every other port, whatever a security group allows."
  type        = list(number)
  default     = [443]
  nullable    = false

  validation {
    condition     = length(var.egress_ports) <= 5 && contains(var.egress_ports, 443)
    error_message = "egress_ports must hold at most five ports, 443 among them: S3 is reached there."
  }

  validation {
    condition     = alltrue([for port in var.egress_ports : port >= 1 && port <= 65535 && floor(port) == port])
    error_message = "Each of egress_ports must be a whole number between 1 and 65535."
  }
}

variable "flow_log_retention_days" {
  description = "Days to keep the flow logs."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.flow_log_retention_days)
    error_message = "flow_log_retention_days must be a number of days that CloudWatch Logs knows, such as 7, 30, 90 or 365."
  }
}

variable "name" {
  description = "Name of the network, and prefix of the names of its resources."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lowercase letters, digits and hyphens, and begin with a letter."
  }
}

variable "nat_mode" {
  description = "NAT for the private subnets: none, single (one gateway: cheaper, but lost with its zone), or per_zone."
  type        = string
  default     = "single"
  nullable    = false

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat_mode)
    error_message = "nat_mode must be none, single or per_zone."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the flow log role; null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::[^:]*:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of a policy, or null."
  }
}

variable "private_client_cidr_blocks" {
  description = "Client ranges of an internal load balancer (ports 80 and 443); when empty, private subnets accept no connections."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.private_client_cidr_blocks) <= 5 && alltrue([for range in var.private_client_cidr_blocks : can(cidrnetmask(range))])
    error_message = "private_client_cidr_blocks must hold at most five IPv4 ranges, such as 10.0.0.0/16."
  }
}

variable "public_client_cidr_blocks" {
  description = "Client ranges of an internet-facing load balancer (ports 80 and 443); when empty, public subnets serve only NAT."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = length(var.public_client_cidr_blocks) <= 5 && alltrue([for range in var.public_client_cidr_blocks : can(cidrnetmask(range))])
    error_message = "public_client_cidr_blocks must hold at most five IPv4 ranges, such as 0.0.0.0/0."
  }
}
