"""HTTP client for one host, without redirects, proxies and retries."""

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
    """No connection, or no HTTP response on it. The caller turns it into a result."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host to send requests to.

    ``timeout_seconds`` limits one whole request; ``host_header`` replaces the URL's host;
    ``trusted`` is a file of certificates to trust instead of the system's.
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
        """Parse ``http[s]://host[:port]``. Raises UsageError for anything else."""
        try:
            parts = urlsplit(_plain(url, "URL"))
            host, port = parts.hostname or "", parts.port
            host.encode("idna")
        except ValueError as error:
            raise UsageError(f"{url!r} is not a URL: {error}", hint=_HINT) from error
        if parts.scheme not in {"http", "https"}:
            raise UsageError(f"{url!r} is neither http nor https", hint=_HINT)
        extra = parts.path.removeprefix("/") or parts.query or parts.fragment
        if not host or "@" in parts.netloc or extra:
            raise UsageError(f"{url!r} is not just a scheme and a host", hint=_HINT)
        if host_header is not None:
            _plain(host_header, "host name")
        secure = parts.scheme == "https"
        return cls(secure, host, port, timeout_seconds, host_header, now, trusted)

    def send(self, method: str, path: str) -> Response:
        """Send one request without a body. Raises ExchangeError."""
        connection = self._connection()
        headers = {"accept": "application/json", "user-agent": "terrarium"}
        if self.host_header:
            headers["host"] = self.host_header
        deadline = self.now() + self.timeout_seconds
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return Response(response.status, response.headers, self._body(response, deadline))
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

    def _body(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        body = b""
        while part := response.read1(65_536):
            body += part
            if len(body) > MAX_BODY_BYTES:
                raise ExchangeError(f"a body of more than {MAX_BODY_BYTES:,} bytes")
            # The timeout of the connection starts again with each part.
            if self.now() > deadline:
                raise ExchangeError(f"no whole response within {self.timeout_seconds:g} s")
        return body


def _plain(text: str, what: str) -> str:
    """Return the text. Raises UsageError if it cannot be part of a request unchanged."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(f"{text!r} is not a {what}", hint=_HINT)
    return text
