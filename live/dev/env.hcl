# Where development trades resilience for cost. Everything else is the same as in production.
locals {
  environment = "dev"
  account_id  = "111111111111" # placeholder: your own account
  region      = "eu-west-1"
  deploy_role = null # ARN of a role to assume on AWS; null uses your credentials as they are

  vpc_cidr           = "10.0.0.0/16"
  availability_zones = ["eu-west-1a", "eu-west-1b"]
  nat_mode           = "single"
  internal           = false
  certificate_arn    = null # ARN of a certificate in this Region; null serves plain HTTP
  cors_origins       = []   # origins whose pages may call the API, such as "https://www.example.com"

  memory_mb            = 256
  reserved_concurrency = null # a new account has ten to share
  snap_start           = false
  log_level            = "DEBUG"
  retention_days       = 7

  documents_encryption = "s3" # s3, or kms for a key of our own
  deletion_protection  = false

  firewall_count_only = true # count what the rules would block, and let it pass
  rate_limit          = 1000 # requests from one address in five minutes
  alarm_emails        = []   # who is told; each address has to confirm
}
