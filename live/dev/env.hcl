# Where development trades resilience for cost. Everything else is the same as in production.
locals {
  environment = "dev"
  account_id  = "111111111111" # placeholder: your own account
  region      = "eu-west-1"
  deploy_role = null # ARN of a role to assume on AWS; null uses your credentials as they are

  availability_zones  = ["eu-west-1a", "eu-west-1b"]
  nat_mode            = "single"
  memory_mb           = 256
  log_level           = "DEBUG"
  retention_days      = 7
  deletion_protection = false
  certificate_arn     = null # ARN of a certificate in this Region; null serves plain HTTP
}
