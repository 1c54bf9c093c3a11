# Production survives the loss of a zone and a careless destroy.
locals {
  environment = "prod"
  account_id  = "222222222222" # placeholder: your account
  region      = "eu-west-1"
  deploy_role = null # ARN of a role to assume on AWS; null uses your credentials as they are

  vpc_cidr           = "10.0.0.0/16"
  availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  nat_mode           = "per_zone"
  internal           = false
  certificate_arn    = null # ARN of a certificate in this Region; null serves plain HTTP
  cors_origins       = []   # origins whose pages may call the API, such as "https://www.example.com"

  memory_mb            = 512
  reserved_concurrency = 50
  snap_start           = true
  log_level            = "INFO"
  retention_days       = 90

  documents_encryption = "kms" # s3, or kms for a customer managed key
  deletion_protection  = true

  firewall_count_only = false # true: count what the rules would block, and block nothing
  rate_limit          = 2000  # requests from one address in five minutes
  alarm_emails        = []    # e-mail addresses that receive alarms; each must confirm once
}
