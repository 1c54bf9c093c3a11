include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "../../modules//service"
}

dependency "store" {
  config_path = "../store"
}

# Only the name: the load balancers of both Regions are created at the same time.
locals {
  stock_function = "harbour-stock"
}

inputs = {
  name    = "orders"
  package = "${dirname(find_in_parent_folders("root.hcl"))}/orders.zip"

  environment = {
    QUEUE_URL      = dependency.store.outputs.queue_url
    STOCK_FUNCTION = local.stock_function
    STOCK_REGION   = "us-west-2"
    TABLE          = dependency.store.outputs.table
  }
}
