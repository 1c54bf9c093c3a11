"""A load balancer with deletion protection is not deleted. Its listeners and rules may be.

Source: Elastic Load Balancing API reference, DeleteLoadBalancer and LoadBalancerAttribute
(``deletion_protection.enabled``).
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from local_aws.control_plane.extensions.patching import around


def install() -> None:
    @around(ELBv2Backend, "delete_load_balancer")
    def delete(original: Any, backend: Any, arn: str) -> Any:
        balancer = backend.load_balancers.get(arn)
        if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        return original(backend, arn)
