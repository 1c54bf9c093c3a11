"""Where a redirect points.

Source: Application Load Balancers guide, "Redirect actions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from local_aws.load_balancer import pages
from local_aws.load_balancer.configuration import Listener, Redirect
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Answer
from local_aws.load_balancer.rule_conditions import host_name

_PLACE = re.compile(r"#\{(protocol|host|port|path|query)\}")


def redirect(
    action: Redirect, request: Request, listener: Listener, local_ports: Mapping[int, int]
) -> Answer:
    """``local_ports`` maps the ports of this load balancer's listeners to those of this machine.

    Departs from AWS in one thing: a port that one of the listeners has is written as the port
    under which this machine serves it, or a client here could not follow.
    """
    original = {
        "protocol": listener.protocol,
        "host": host_name(request.value("host") or listener.dns_name),
        "port": str(listener.port),
        "path": request.path.removeprefix("/"),
        "query": request.query,
    }

    def filled(part: str) -> str:
        return _PLACE.sub(lambda match: original[match[1]], part)

    port = filled(action.port)
    if port.isdigit():
        port = str(local_ports.get(int(port), int(port)))
    query = filled(action.query)
    location = (
        f"{filled(action.protocol).lower()}://{filled(action.host)}:{port}{filled(action.path)}"
    )
    if query:
        location += f"?{query}"
    safe = location.encode(errors="surrogateescape").decode(errors="replace")
    page = pages.error(action.status)  # for whoever does not follow
    return page._replace(headers=(*page.headers, ("Location", safe)))
