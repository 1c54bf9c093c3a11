"""Environment of moto and the services that the control plane loads before it answers."""

from __future__ import annotations

import os
from collections.abc import Mapping

ENVIRONMENT: Mapping[str, str] = {
    # A web page in a browser must not be able to call this cloud.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}
_UNWANTED = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "MOTO_ACCOUNT_ID")
"""Variables of the caller that would change which account or endpoint moto uses."""


def configure_environment() -> None:
    """Set moto's switches, unless the caller has set them. Call it before moto is imported."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for name in _UNWANTED:
        os.environ.pop(name, None)
