locals {
  list_states = {
    # Terraform lists workspaces and Terragrunt looks for the bucket; unit names are not secret.
    Sid      = "ListStates"
    Effect   = "Allow"
    Action   = "s3:ListBucket"
    Resource = local.state_bucket_arn
  }
  hold_locks = {
    Sid      = "HoldLocks"
    Effect   = "Allow"
    Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    Resource = local.lock_arns
  }

  plan_state = [
    local.list_states,
    local.hold_locks,
    {
      Sid      = "ReadStates"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = local.state_arns
    },
  ]

  # States are never deleted, not even by a destroy, so that old versions stay readable.
  apply_state = [
    local.list_states,
    local.hold_locks,
    {
      Sid      = "WriteStates"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = local.state_arns
    },
  ]
}
