variable "bucket_name" {
  description = "Name of the bucket; unique among all of AWS, so it should carry the account id."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be 3 to 63 lowercase letters, digits and hyphens; a dot would break TLS."
  }
}

variable "documents_path" {
  description = "Folder whose *.json files become the bucket's objects, by the same names; relative, so that the state is the same on every machine."
  type        = string
  default     = "documents"
  nullable    = false

  validation {
    condition     = !startswith(var.documents_path, "/")
    error_message = "documents_path must be relative: an absolute path differs between machines and would show as a change."
  }

  validation {
    condition     = length(fileset(var.documents_path, "*.json")) > 0
    error_message = "documents_path must hold at least one .json file: an empty folder would delete every document."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes what others have put into it; if not, such a destroy fails."
  type        = bool
  default     = false
  nullable    = false
}

variable "require_tls" {
  description = "Whether the bucket refuses plain HTTP; only where S3 itself is reached through plain HTTP must it be off."
  type        = bool
  default     = true
  nullable    = false
}
