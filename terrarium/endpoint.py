"""HTTP requests to one place, without redirects, proxies and retries: what is there answers."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

from terrarium.errors import UsageError

MAX_BODY_BYTES = 2_000_000
_HINT = "such as http://127.0.0.1:8080"


class ExchangeError(Exception):
    """No connection, or no HTTP on it. Not for a person: whoever sends decides what it means."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``timeout_seconds`` is for one whole request; ``host_header`` replaces the URL's host.

    ``trusted`` is a file of certificates to trust in place of the system's.
    """

    secure: bool
    host: str
    port: int | None
    timeout_seconds: float
    host_header: str | None = None
    now: Callable[[], float] = time.monotonic
    trusted: Path | None = None

    @classmethod
    def parse(
        cls,
        url: str,
        *,
        timeout_seconds: float,
        host_header: str | None = None,
        now: Callable[[], float] = time.monotonic,
        trusted: Path | None = None,
    ) -> Endpoint:
        """The endpoint of ``http[s]://host[:port]``. Raises UsageError for anything else."""
        try:
            parts = urlsplit(_plain(url, "URL"))
            host, port = parts.hostname or "", parts.port
            host.encode("idna")
        except ValueError as error:
            raise UsageError(f"{url!r} is no URL: {error}", hint=_HINT) from error
        if parts.scheme not in {"http", "https"}:
            raise UsageError(f"{url!r} is neither http nor https", hint=_HINT)
        beyond = parts.path.removeprefix("/") or parts.query or parts.fragment
        if not host or "@" in parts.netloc or beyond:
            raise UsageError(f"{url!r} is not just a scheme and a host", hint=_HINT)
        if host_header is not None:
            _plain(host_header, "host name")
        secure = parts.scheme == "https"
        return cls(secure, host, port, timeout_seconds, host_header, now, trusted)

    def send(self, method: str, path: str) -> Response:
        """One request without a body. Raises ExchangeError."""
        connection = self._connection()
        headers = {"accept": "application/json", "user-agent": "terrarium"}
        if self.host_header:
            headers["host"] = self.host_header
        give_up = self.now() + self.timeout_seconds
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return Response(response.status, response.headers, self._body(response, give_up))
        except (OSError, http.client.HTTPException) as error:
            raise ExchangeError(str(error) or type(error).__name__) from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self.secure:
            return http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_seconds)
        context = ssl.create_default_context(cafile=self.trusted)
        return http.client.HTTPSConnection(
            self.host, self.port, timeout=self.timeout_seconds, context=context
        )

    def _body(self, response: http.client.HTTPResponse, give_up: float) -> bytes:
        body = b""
        while part := response.read1(65_536):
            body += part
            if len(body) > MAX_BODY_BYTES:
                raise ExchangeError(f"a body of more than {MAX_BODY_BYTES:,} bytes")
            # The timeout of the connection begins anew with each part.
            if self.now() > give_up:
                raise ExchangeError(f"no whole response within {self.timeout_seconds:g} s")
        return body


def _plain(text: str, what: str) -> str:
    """The text itself. Raises UsageError where it could not stand in a request as it is."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(f"{text!r} is no {what}", hint=_HINT)
    return text
