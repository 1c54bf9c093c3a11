"""Smoke test: HTTP checks of a deployed API, through its load balancer."""

from __future__ import annotations

import http.client
import itertools
import json
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

from terrarium.documents import Document
from terrarium.errors import SmokeError

MAX_BODY_BYTES = 2_000_000
TIMEOUT_SECONDS = 10.0

_NO_TARGET = frozenset({502, 503, 504})
_NO_ROUTE = _NO_TARGET | {404}
"""A load balancer answers 404 until a new rule has reached all of its nodes."""

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_EXCERPT_CHARACTERS = 160


class RequestError(Exception):
    """No connection, or no HTTP response on it."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Message
    body: bytes


Verify = Callable[[Response], str | None]
"""Returns what is wrong with a response in a few words, or None."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. ``detail`` names the response, and the expected one."""

    name: str
    ok: bool
    detail: str
    duration_seconds: float

    def __str__(self) -> str:
        mark = "ok" if self.ok else "FAILED"
        return f"{mark} {self.name}: {self.detail} ({self.duration_seconds * 1000:.0f} ms)"


@dataclass(frozen=True, slots=True)
class Clock:
    """Functions that count seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    method: str
    path: str
    verify: Verify
    is_first: bool = False


def run(
    base_url: str,
    documents: Iterable[Document],
    *,
    wait_seconds: float = 0,
    trusted: Path | None = None,
    on_check: Callable[[Check], None] | None = None,
    clock: Clock = Clock(),
) -> tuple[Check, ...]:
    """Check the health path, every document, and each kind of error of the API.

    For ``wait_seconds``, a request is repeated if there is no connection or no target (502, 503,
    504), and the first one also if there is no rule (404): the name and the rules of a new load
    balancer take a minute to be known everywhere. ``trusted`` is a file of certificates to trust
    instead of the system's. Calls ``on_check`` with each check when it is done.

    Raises SmokeError after all checks if one failed.
    """
    deadline = clock.now() + wait_seconds
    checks = []
    for probe in _probes(tuple(documents)):
        check = _check(base_url, trusted, probe, deadline, clock)
        checks.append(check)
        if on_check:
            on_check(check)
    failed = [check for check in checks if not check.ok]
    if failed:
        raise SmokeError(
            f"{len(failed)} of {len(checks)} checks of {base_url} failed: {_summary(failed)}"
        )
    return tuple(checks)


def _summary(failed: Iterable[Check]) -> str:
    names: dict[str, list[str]] = {}
    for check in failed:
        names.setdefault(check.detail, []).append(check.name)
    return "; ".join(f"{', '.join(alike)}: {detail}" for detail, alike in names.items())


def send(
    base_url: str,
    method: str,
    path: str,
    *,
    trusted: Path | None = None,
    now: Callable[[], float] = time.monotonic,
) -> Response:
    """Send one request, without redirects, proxies and retries. Raises RequestError."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=trusted)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
    deadline = now() + TIMEOUT_SECONDS
    try:
        connection.request(
            method, path, headers={"accept": "application/json", "user-agent": "terrarium"}
        )
        response = connection.getresponse()
        body = b""
        while part := response.read1(65_536):
            body += part
            if len(body) > MAX_BODY_BYTES:
                raise RequestError(f"a body of more than {MAX_BODY_BYTES:,} bytes")
            # The timeout of the connection starts again with each part.
            if now() > deadline:
                raise RequestError(f"no whole response within {TIMEOUT_SECONDS:g} s")
        return Response(response.status, response.headers, body)
    except (OSError, http.client.HTTPException) as error:
        raise RequestError(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _check(
    base_url: str, trusted: Path | None, probe: _Probe, deadline: float, clock: Clock
) -> Check:
    started = clock.now()
    pause = _FIRST_PAUSE_SECONDS
    while True:
        wrong: str | None
        try:
            response = send(base_url, probe.method, probe.path, trusted=trusted, now=clock.now)
        except RequestError as error:
            ready, wrong, detail = False, f"no response: {error}", ""
        else:
            wrong, detail = probe.verify(response), str(response.status)
            ready = response.status not in (_NO_ROUTE if probe.is_first else _NO_TARGET)
        if ready or clock.now() + pause > deadline:
            return Check(probe.name, wrong is None, wrong or detail, clock.now() - started)
        clock.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _probes(documents: tuple[Document, ...]) -> Iterator[_Probe]:
    names = {document.name for document in documents}
    candidates = itertools.chain(["missing"], (f"missing-{n}" for n in itertools.count(2)))
    missing = next(name for name in candidates if name not in names)
    head = f"/api/{documents[0].name}" if documents else "/health"

    yield _Probe("health", "GET", "/health", _content(b'{"status": "ok"}'), is_first=True)
    for document in documents:
        path = f"/api/{document.name}"
        yield _Probe(f"document {document.name}", "GET", path, _content(document.content))
    yield _Probe("HEAD", "HEAD", head, _json_headers(200))
    yield _Probe("missing document", "GET", f"/api/{missing}", _problem(404, "document_not_found"))
    yield _Probe("bad name", "GET", "/api/Not%20A%20Name", _problem(400, "invalid_name"))
    yield _Probe(
        "method", "POST", "/health", _problem(405, "method_not_allowed", allow="GET, HEAD, OPTIONS")
    )
    yield _Probe("unknown path", "GET", "/missing", _problem(404, "not_found"))


def _json_headers(status: int) -> Verify:
    def verify(response: Response) -> str | None:
        headers = response.headers
        if response.status != status and "location" in headers:
            return f"{response.status} to {headers['location']!r}, not {status}"
        if response.status != status:
            return f"{response.status}, not {status}: {_excerpt(response)}"
        if headers.get_content_type() != "application/json":
            return f"content type {headers['content-type']!r}, not 'application/json'"
        return None

    return verify


def _content(expected: bytes) -> Verify:
    headers = _json_headers(200)

    def verify(response: Response) -> str | None:
        if wrong := headers(response):
            return wrong
        if response.body != expected:
            return f"other content than expected: {_excerpt(response)}"
        return None

    return verify


def _problem(status: int, code: str, *, allow: str | None = None) -> Verify:
    headers = _json_headers(status)

    def verify(response: Response) -> str | None:
        if wrong := headers(response):
            return wrong
        try:
            found = json.loads(response.body)["error"]
            right = found["code"] == code and isinstance(found["message"], str)
        except (ValueError, RecursionError, KeyError, TypeError):
            right = False
        if not right:
            return f"not an error of code {code}: {_excerpt(response)}"
        if allow is not None and response.headers["allow"] != allow:
            return f"Allow is {response.headers['allow']!r}, not {allow!r}"
        return None

    return verify


def _excerpt(response: Response) -> str:
    """Return the start of a JSON body on one line, without control characters.

    Of any other body only the type is useful: it is a page for browsers.
    """
    if not response.body:
        return "an empty body"
    kind = response.headers.get_content_type()
    if kind != "application/json":
        return f"a body of type {kind}"
    words = " ".join(response.body[: 4 * _EXCERPT_CHARACTERS].decode(errors="replace").split())
    text = "".join(character if character.isprintable() else "\ufffd" for character in words)
    if len(text) > _EXCERPT_CHARACTERS:
        text = text[:_EXCERPT_CHARACTERS] + "\u2026"
    return text
