"""The AWS inside the machine: control plane, load balancer, Lambda runtime."""
