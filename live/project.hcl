# What every environment shares. A fork gives the project its own name here, before its first apply:
# the names of nearly all resources, and of the state buckets, begin with it.
locals {
  project           = "terrarium"
  github_repository = "example/terrarium" # placeholder: whose workflows may deploy, as OWNER/NAME
}
