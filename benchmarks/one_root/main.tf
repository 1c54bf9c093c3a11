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
      role_arn = "arn:aws:iam::111111111111:role/terrarium"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111111111111"]
  s3_use_path_style   = true

  assume_role {
    role_arn = "arn:aws:iam::111111111111:role/terrarium"
  }
}

module "network" {
  source = "./modules/network"

  name                    = "benchmark"
  availability_zones      = ["eu-west-1a", "eu-west-1b"]
  cidr_block              = "10.0.0.0/16"
  flow_log_retention_days = 7
  nat_mode                = "single"
}

module "storage" {
  source = "./modules/storage"

  bucket_name    = "benchmark-documents"
  documents_path = "documents"
  force_destroy  = true
  require_tls    = false
}

module "function" {
  source = "./modules/function"

  name               = "benchmark"
  role_name          = "lambda_role_benchmark"
  package_path       = "lambda.zip"
  bucket_arn         = module.storage.bucket_arn
  bucket_name        = module.storage.bucket_name
  subnet_ids         = module.network.private_subnet_ids
  vpc_id             = module.network.vpc_id
  log_level          = "INFO"
  log_retention_days = 7
  memory_mb          = 256
}

module "load_balancer" {
  source = "./modules/load-balancer"

  name                = "benchmark"
  deletion_protection = false
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
  paths         = ["/health", "/api/*"]
}
