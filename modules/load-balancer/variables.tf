variable "certificate_arn" {
  description = "Certificate for HTTPS on port 443, which port 80 then redirects to; null serves HTTP only."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:(acm|iam):", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of a certificate in ACM or IAM, or null."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer; turn it off in an apply of its own before a destroy."
  type        = bool
  default     = false
  nullable    = false
}

variable "name" {
  description = "Name of the load balancer, which its DNS name starts with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$", var.name)) && !startswith(var.name, "internal-")
    error_message = "name must be 1 to 32 letters, digits and inner hyphens, and not begin with internal-."
  }
}

variable "subnet_ids" {
  description = "Public subnets that the load balancer answers from, in at least two zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name at least two subnets, in different zones."
  }
}

variable "vpc_id" {
  description = "Network of the subnets, for the load balancer's security group."
  type        = string
  nullable    = false
}
