include "root" {
  path = find_in_parent_folders("root.hcl")
}

terraform {
  source = "../../modules//service"
}

inputs = {
  name    = "stock"
  package = "${dirname(find_in_parent_folders("root.hcl"))}/stock.zip"
}
