"""Default VPCs with an internet gateway and a route to it.

Source: VPC user guide, "Default VPC components".
"""

from __future__ import annotations

from typing import Any


def create_default_vpc(original: Any, backend: Any) -> Any:
    vpc = original(backend)
    gateway = backend.create_internet_gateway()
    backend.attach_internet_gateway(gateway.id, vpc.id)
    (main,) = backend.describe_route_tables(filters={"vpc-id": vpc.id})
    backend.create_route(main.id, "0.0.0.0/0", gateway_id=gateway.id)
    return vpc
