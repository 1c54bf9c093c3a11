# Settings that all environments share. The names of nearly all resources and of the state buckets begin
# with the project's name; a fork changes it before its first apply.
locals {
  project           = "terrarium"
  github_repository = "example/terrarium" # placeholder: the repository whose workflows may deploy, as OWNER/NAME
}
