"""Terraform as the tooling sees it: its command line and the states it writes."""
