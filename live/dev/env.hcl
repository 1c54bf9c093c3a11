# Development: cheaper and less resilient than production, otherwise the same.
locals {
  environment = "dev"
  account_id  = "111111111111" # placeholder: your account
  region      = "eu-west-1"
  deploy_role = null # ARN of a role to assume on AWS; null uses your credentials as they are

  vpc_cidr           = "10.0.0.0/16"
  availability_zones = ["eu-west-1a", "eu-west-1b"]
  nat_mode           = "single"
  internal           = false
  certificate_arn    = null # ARN of a certificate in this Region; null serves plain HTTP
  cors_origins       = []   # origins whose pages may call the API, such as "https://www.example.com"

  memory_mb            = 256
  reserved_concurrency = null # a new account has a limit of ten
  snap_start           = false
  log_level            = "DEBUG"
  retention_days       = 7

  documents_encryption = "s3" # s3, or kms for a customer managed key
  deletion_protection  = false

  firewall_count_only = true # true: count what the rules would block, and block nothing
  rate_limit          = 1000 # requests from one address in five minutes
  alarm_emails        = []   # e-mail addresses that receive alarms; each must confirm once
}
