"""What our own control plane can do for those who follow it, and no other can.

It says cheaply whether something has changed, and passes on calls of functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local_aws import client
from local_aws.errors import CloudError

TOKEN_VARIABLE = "LOCAL_AWS_TOKEN"  # noqa: S105 - the name of a variable
"""Whoever starts us beside a control plane of ours hands its token over in the environment."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where calls of functions arrive: a loopback port, and what lets them in."""

    port: int
    token: str = field(repr=False)


class OwnControlPlane:
    """``token`` is empty when we were not told it: then no calls are passed on to us."""

    def __init__(self, endpoint_url: str, token: str) -> None:
        self._endpoint_url = endpoint_url
        self._port = _loopback_port(endpoint_url)
        self._token = token
        self._is_other = self._port is None
        self._is_ours = False
        self._registered: tuple[str, Door] | None = None

    def mark(self) -> str | None:
        """Differs if something has changed; None from a control plane that is not ours.

        Raises CloudError while it is away.
        """
        if self._is_other or self._port is None:
            return None
        try:
            mark = client.mark(self._port)
        except OSError as error:
            raise CloudError(f"{self._endpoint_url}: {error}") from error
        if mark is None and self._is_ours:
            raise CloudError(f"{self._endpoint_url} does not say whether something has changed")
        self._is_ours = mark is not None
        self._is_other = mark is None
        return mark

    def knows(self, door: Door, mark: str) -> bool:
        """Whether calls are passed on to us, or never will be for want of a token."""
        return not self._token or self._registered == (_cloud(mark), door)

    def register(self, door: Door, mark: str, *, account: str, region: str) -> None:
        """Have calls passed on to us. Raises CloudError."""
        if self._port is None:
            return
        client.register_runtime(
            self._port, self._token, account=account, region=region, runtime=(door.port, door.token)
        )
        self._registered = _cloud(mark), door


def _cloud(mark: str) -> str:
    """The part of a mark that stays while the control plane runs."""
    return mark.partition("-")[0]


def _loopback_port(url: str) -> int | None:
    parts = urlsplit(url)
    is_ours = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    return parts.port if is_ours else None
