"""Cross-origin requests (Fetch standard, CORS protocol)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from api.problem import ALLOW

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_PREFLIGHT = {
    "access-control-allow-methods": ALLOW,
    "access-control-allow-headers": (
        "If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since"
    ),
    "access-control-max-age": "600",
}
_EXPOSED = {"access-control-expose-headers": "Age, ETag, Retry-After, Warning"}


class Cors:
    """Headers for ``origins``: exact origins, ``*``, or none, which allows no other origin.

    The API has no personal data, so it never allows credentials.
    """

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = origins
        self.varies = bool(origins - {"*"})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Cors:
        """Raises RuntimeError if CORS_ORIGINS has an invalid origin."""
        listed = environment.get("CORS_ORIGINS", "").split(",")
        origins = frozenset(filter(None, (origin.strip() for origin in listed)))
        for origin in origins - ({"*"} if len(origins) == 1 else set()):
            if not _ORIGIN.fullmatch(origin):
                raise RuntimeError(f"CORS_ORIGINS has {origin!r}: use https://host, or * alone")
        return cls(origins)

    def headers(self, origin: str | None) -> dict[str, str]:
        """Return the headers for a request from ``origin``."""
        allowed = "*" if "*" in self._origins else origin
        if origin is None or allowed not in self._origins:
            return {}
        return {"access-control-allow-origin": allowed, **_EXPOSED}

    def preflight(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers for OPTIONS, which may be a preflight request."""
        allowed = self.headers(headers.get("origin"))
        if not allowed or "access-control-request-method" not in headers:
            return allowed
        return {**allowed, **_PREFLIGHT}
