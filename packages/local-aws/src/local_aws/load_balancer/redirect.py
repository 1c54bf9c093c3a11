"""The redirect action. Source: Application Load Balancers guide, "Redirect actions"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from local_aws.load_balancer.configuration import Listener, Redirect
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Response, error_page
from local_aws.load_balancer.rule_conditions import host_name

_PLACEHOLDER = re.compile(r"#\{(protocol|host|port|path|query)\}")


def redirect(
    action: Redirect, request: Request, listener: Listener, local_ports: Mapping[int, int]
) -> Response:
    """Return the 301 or 302 of a redirect action.

    ``local_ports`` maps listener ports of this load balancer to loopback ports. A difference from
    AWS: a listener port in the Location header is replaced by its loopback port, because a local
    client cannot reach the listener port.
    """
    original = {
        "protocol": listener.protocol,
        "host": host_name(request.value("host") or listener.dns_name),
        "port": str(listener.port),
        "path": request.path.removeprefix("/"),
        "query": request.query,
    }

    def fill(part: str) -> str:
        return _PLACEHOLDER.sub(lambda match: original[match[1]], part)

    port = fill(action.port)
    if port.isdigit():
        port = str(local_ports.get(int(port), int(port)))
    location = f"{fill(action.protocol).lower()}://{fill(action.host)}:{port}{fill(action.path)}"
    query = fill(action.query)
    if query:
        location += f"?{query}"
    printable = location.encode(errors="surrogateescape").decode(errors="replace")
    page = error_page(action.status)
    return page._replace(headers=(*page.headers, ("Location", printable)))
