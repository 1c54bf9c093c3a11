"""Reachability in a VPC: subnets, route tables, network ACLs and security groups."""
