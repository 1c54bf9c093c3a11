# The resources of live/dev in one root module: what plain Terraform would apply, to compare with.
# benchmarks/up.py puts the endpoint, the zip and the documents beside a copy of this file.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  backend "s3" {
    bucket         = "terrarium-state-111111111111-eu-west-1"
    key            = "benchmark/terraform.tfstate"
    region         = "eu-west-1"
    encrypt        = true
    use_lockfile   = true
    use_path_style = true

    assume_role = {
      role_arn = "arn:aws:iam::111111111111:role/local-aws"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111111111111"]
  s3_use_path_style   = true

  assume_role {
    role_arn = "arn:aws:iam::111111111111:role/local-aws"
  }
}

module "deploy_access" {
  source = "./modules/deploy-access"

  name               = "benchmark"
  bucket_names       = ["benchmark-*"]
  github_environment = "benchmark"
  github_repository  = "example/benchmark"
  role_names         = ["benchmark-*", "lambda_role_benchmark"]
  state_bucket_name  = "terrarium-state-111111111111-eu-west-1"
  state_prefix       = "benchmark/"
  tags               = { Environment = "benchmark" }

  # An account holds one, and the environment that is compared with has made it.
  oidc_provider_arn = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
}

module "network" {
  source = "./modules/network"

  name                     = "benchmark"
  availability_zones       = ["eu-west-1a", "eu-west-1b"]
  cidr_block               = "10.0.0.0/16"
  document_bucket_names    = ["benchmark-documents"]
  flow_log_retention_days  = 7
  nat_mode                 = "single"
  permissions_boundary_arn = module.deploy_access.permissions_boundary_arn
}

module "storage" {
  source = "./modules/storage"

  bucket_name              = "benchmark-documents"
  deployer_arns            = [module.deploy_access.apply_role_arn, module.deploy_access.plan_role_arn]
  documents_path           = "documents"
  encryption               = "s3"
  force_destroy            = true
  log_retention_days       = 7
  old_version_days         = 7
  permissions_boundary_arn = module.deploy_access.permissions_boundary_arn
  replication_role_name    = "benchmark-replication"
}

module "function" {
  source = "./modules/function"

  name                     = "benchmark"
  role_name                = "lambda_role_benchmark"
  package_path             = "lambda.zip"
  bucket_arn               = module.storage.bucket_arn
  bucket_name              = module.storage.bucket_name
  log_level                = "INFO"
  log_retention_days       = 7
  memory_mb                = 256
  permissions_boundary_arn = module.deploy_access.permissions_boundary_arn
  s3_prefix_list_id        = module.network.s3_prefix_list_id
  subnet_ids               = module.network.private_subnet_ids
  vpc_id                   = module.network.vpc_id
}

module "load_balancer" {
  source = "./modules/load-balancer"

  name                = "benchmark"
  deletion_protection = false
  force_destroy       = true
  log_bucket_name     = "benchmark-load-balancer-logs"
  log_retention_days  = 7
  subnet_ids          = module.network.public_subnet_ids
  vpc_id              = module.network.vpc_id
}

module "routing" {
  source = "./modules/routing"

  name          = "benchmark"
  alias_arn     = module.function.alias_arn
  alias_name    = module.function.alias_name
  function_name = module.function.function_name
  listener_arn  = module.load_balancer.listener_arn
  paths         = ["/health", "/api", "/api/*", "/openapi.json"]
}

module "firewall" {
  source = "./modules/firewall"

  name               = "benchmark"
  count_only         = true
  load_balancer_arn  = module.load_balancer.arn
  log_retention_days = 7
  rate_limit         = 1000
}

module "observability" {
  source = "./modules/observability"

  name                     = "benchmark"
  alarm_emails             = []
  firewall_log_group_name  = module.firewall.log_group_name
  function_name            = module.function.function_name
  function_timeout_seconds = module.function.timeout_seconds
  load_balancer_arn_suffix = module.load_balancer.arn_suffix
  log_group_name           = module.function.log_group_name
  nat_gateway_ids          = module.network.nat_gateway_ids
  reserved_concurrency     = null
  runbooks                 = "https://github.com/example/benchmark/blob/main/docs/how-to"
  target_group_arn_suffix  = module.routing.target_group_arn_suffix
  web_acl_name             = module.firewall.web_acl_name
}
