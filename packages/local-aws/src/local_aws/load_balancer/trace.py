"""X-Amzn-Trace-Id.

Source: Application Load Balancers guide, "Request tracing for your Application Load Balancer".
"""

from __future__ import annotations

import random
import time


def trace_id(sent: str | None) -> str:
    """The header for the target.

    A Root is kept and a Self put before it, or replaced; a caller's own fields are kept; without a
    Root there is a new one.
    """
    if not sent:
        return f"Root={_identifier()}"
    fields = [field for field in sent.split(";") if field.strip()]
    others = [field for field in fields if not field.strip().lower().startswith("self=")]
    if any(field.strip().lower().startswith("root=") for field in others):
        return ";".join([f"Self={_identifier()}", *others])
    return ";".join([f"Root={_identifier()}", *others])


def _identifier() -> str:
    return f"1-{int(time.time()):08x}-{random.getrandbits(96):024x}"
