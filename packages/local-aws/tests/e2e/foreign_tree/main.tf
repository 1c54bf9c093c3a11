# Harbour: orders in Europe, stock in the United States. A tree that knows nothing of local-aws.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "us"
  region = "us-west-2"
}

module "store" {
  source = "./modules/store"
}

module "stock" {
  source    = "./modules/service"
  providers = { aws = aws.us }

  name    = "stock"
  package = "${path.root}/stock.zip"
}

module "orders" {
  source = "./modules/service"

  name    = "orders"
  package = "${path.root}/orders.zip"

  environment = {
    QUEUE_URL      = module.store.queue_url
    STOCK_FUNCTION = module.stock.function_name
    STOCK_REGION   = "us-west-2"
    TABLE          = module.store.table
  }
}

output "dns_names" {
  description = "DNS names of the load balancers, by service."
  value       = { orders = module.orders.dns_name, stock = module.stock.dns_name }
}
