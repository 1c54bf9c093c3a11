"""A Terragrunt-compatible runner for machines without the official binary."""
