"""Extra endpoints of our control plane: cheap change detection, Regions, function invocations.

Another control plane lacks them: the load balancer then reads its whole configuration each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local_aws import control_plane_client
from local_aws.errors import CloudError, UsageError


@dataclass(frozen=True, slots=True)
class InvocationPort:
    """Loopback port at which this process runs functions, and the token that callers need."""

    port: int
    token: str = field(repr=False)


class ChangeFeed:
    """``token`` is empty if the control plane did not start us: then it passes no calls on."""

    def __init__(self, endpoint_url: str, token: str) -> None:
        self._endpoint_url = endpoint_url
        self._port = _loopback_port(endpoint_url)
        self._token = token
        self._has_answered = False
        self._registered: tuple[str, InvocationPort] | None = None

    def mark(self) -> str | None:
        """Return a text that changes with the configuration; None from another control plane.

        Raises CloudError while nothing answers.
        """
        if self._port is None:
            return None
        try:
            mark = control_plane_client.mark(self._port)
        except OSError as error:
            raise CloudError(f"{self._endpoint_url}: {error}") from error
        if mark is None and self._has_answered:
            raise CloudError(f"{self._endpoint_url} does not say whether something has changed")
        if mark is None:
            self._port = None  # another control plane; do not ask again
        self._has_answered = True
        return mark

    def regions(self, account: str) -> list[str]:
        """Return the Regions in which the account has load balancers or functions.

        Raises CloudError while nothing answers, UsageError for another control plane.
        """
        if self.mark() is None or self._port is None:
            raise UsageError(
                f"{self._endpoint_url} cannot list Regions", hint="name one with --region"
            )
        found = control_plane_client.accounts(self._port)
        if found is None:
            raise CloudError(f"{self._endpoint_url} does not list Regions")
        return found.get(account, [])

    def register(self, runtime: InvocationPort, mark: str, *, account: str, region: str) -> None:
        """Register where functions run, once in the life of a control plane. Raises CloudError."""
        life = mark.partition("-")[0]
        if self._port is None or not self._token or self._registered == (life, runtime):
            return
        control_plane_client.register_runtime(
            self._port,
            self._token,
            account=account,
            region=region,
            runtime=(runtime.port, runtime.token),
        )
        self._registered = life, runtime


def _loopback_port(url: str) -> int | None:
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    return parts.port if is_local else None
