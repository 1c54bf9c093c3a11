# Production survives the loss of a zone and of a careless destroy.
locals {
  environment = "prod"
  account_id  = "222222222222" # placeholder: your own account
  region      = "eu-west-1"
  deploy_role = null # ARN of a role to assume on AWS; null uses your credentials as they are

  availability_zones  = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  nat_mode            = "per_zone"
  memory_mb           = 512
  log_level           = "INFO"
  retention_days      = 90
  deletion_protection = true
  certificate_arn     = null # ARN of a certificate in this Region; null serves plain HTTP
}
