"""The AWS inside the machine: control plane, load balancer, Lambda runtime."""

__version__ = "0.2.0"
