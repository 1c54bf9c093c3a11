"""A Terragrunt-compatible runner for machines without the official binary."""

__version__ = "0.2.0"
