"""The smoke test with correct and wrong HTTP servers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from local_aws.load_balancer.tls import server_context

from terrarium import smoke
from terrarium.documents import Document
from terrarium.errors import SmokeError
from terrarium.smoke import Check, Clock, RequestError

FOO = Document("foo", Path("documents/foo.json"), b'{"greeting": "I am the Foo"}\n')
BAR = Document("bar", Path("documents/bar.json"), b'{"greeting": "I am the Bar"}\n')


@dataclass(frozen=True, slots=True)
class Canned:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, code: str, **headers: str) -> Canned:
    error = {"error": {"code": code, "message": "Some words."}}
    return Canned(status, json.dumps(error).encode(), headers)


class LoadBalancer(ThreadingHTTPServer):
    """A fake service; a test changes its answers in ``canned`` or before it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.first: list[Canned] = []
        self.seen: list[tuple[str, str]] = []
        self.canned = {
            ("GET", "/health"): Canned(200, b'{"status": "ok"}'),
            ("GET", "/api/foo"): Canned(200, FOO.content),
            ("GET", "/api/bar"): Canned(200, BAR.content),
            ("HEAD", "/api/foo"): Canned(200, b""),
            ("GET", "/api/missing"): problem(404, "document_not_found"),
            ("GET", "/api/missing-2"): problem(404, "document_not_found"),
            ("GET", "/api/Not%20A%20Name"): problem(400, "invalid_name"),
            ("POST", "/health"): problem(405, "method_not_allowed", Allow="GET, HEAD, OPTIONS"),
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: LoadBalancer
    timeout = 5

    def do_GET(self) -> None:
        balancer = self.server
        balancer.seen.append((self.command, self.path))
        canned = (
            balancer.first.pop(0)
            if balancer.first
            else balancer.canned.get((self.command, self.path), problem(404, "not_found"))
        )
        self.send_response(canned.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(canned.body))}
        for name, value in {**headers, **canned.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(canned.body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def balancer() -> Iterator[LoadBalancer]:
    server = LoadBalancer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class FakeClock:
    """A clock that only sleep advances."""

    def __init__(self) -> None:
        self.time = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep)


@pytest.fixture
def unused_url() -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield url_of(bound)


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _failures(balancer: LoadBalancer) -> dict[str, str]:
    """Return name and detail of each failed check; there must be one."""
    checks: list[Check] = []
    with pytest.raises(SmokeError):
        smoke.run(balancer.url, [FOO, BAR], on_check=checks.append)
    return {check.name: check.detail for check in checks if not check.ok}


def test_a_correct_service_passes_every_check(balancer: LoadBalancer) -> None:
    checks = smoke.run(balancer.url, [FOO, BAR])
    assert [(check.name, check.detail) for check in checks if check.ok] == [
        ("health", "200"),
        ("document foo", "200"),
        ("document bar", "200"),
        ("HEAD", "200"),
        ("missing document", "404"),
        ("bad name", "400"),
        ("method", "405"),
        ("unknown path", "404"),
    ]


def test_a_check_prints_as_one_line() -> None:
    assert str(Check("health", True, "200", 0.0123)) == "ok health: 200 (12 ms)"
    assert str(Check("health", False, "404, not 200", 1)) == "FAILED health: 404, not 200 (1000 ms)"


def test_each_check_is_reported_when_it_is_done(balancer: LoadBalancer) -> None:
    reported: list[tuple[str, int]] = []
    smoke.run(
        balancer.url,
        [FOO],
        on_check=lambda check: reported.append((check.name, len(balancer.seen))),
    )
    assert [requests for _, requests in reported] == list(range(1, len(reported) + 1))


def test_a_document_named_missing_is_not_used_as_the_missing_one(balancer: LoadBalancer) -> None:
    named_missing = Document("missing", Path("documents/missing.json"), b"{}")
    balancer.canned["GET", "/api/missing"] = Canned(200, b"{}")
    balancer.canned["HEAD", "/api/missing"] = Canned(200, b"")
    smoke.run(balancer.url, [named_missing])
    assert ("GET", "/api/missing-2") in balancer.seen


@pytest.mark.parametrize(
    ("request_line", "answer", "name", "detail"),
    [
        (("GET", "/health"), Canned(200, b'{"status": "no"}'), "health", '{"status": "no"}'),
        (("GET", "/api/foo"), Canned(200, BAR.content), "document foo", "I am the Bar"),
        (("GET", "/api/foo"), Canned(200, b""), "document foo", "an empty body"),
        (("GET", "/api/foo"), problem(502, "storage_error"), "document foo", "502, not 200: "),
        (
            ("GET", "/api/foo"),
            Canned(200, FOO.content, {"Content-Type": "text/html"}),
            "document foo",
            "content type 'text/html', not 'application/json'",
        ),
        (
            ("GET", "/api/foo"),
            Canned(502, b"<html>", {"Content-Type": "text/html"}),
            "document foo",
            "502, not 200: a body of type text/html",
        ),
        (("HEAD", "/api/foo"), Canned(404, b""), "HEAD", "404, not 200"),
        (("GET", "/api/missing"), Canned(200, b"{}"), "missing document", "200, not 404: {}"),
        (
            ("GET", "/api/missing"),
            problem(404, "not_found"),
            "missing document",
            "not an error of code document_not_found",
        ),
        (("GET", "/api/missing"), Canned(404, b"<html>"), "missing document", "<html>"),
        (("GET", "/api/missing"), Canned(404, b"[1]"), "missing document", "[1]"),
        (("GET", "/api/missing"), Canned(404, b'{"error": null}'), "missing document", "null"),
        (("GET", "/api/Not%20A%20Name"), problem(404, "not_found"), "bad name", "404, not 400"),
        (
            ("POST", "/health"),
            problem(405, "method_not_allowed"),
            "method",
            "Allow is None, not 'GET, HEAD, OPTIONS'",
        ),
        (("GET", "/missing"), Canned(200, b"{}"), "unknown path", "200, not 404"),
    ],
)
def test_a_wrong_answer_is_described(
    balancer: LoadBalancer, request_line: tuple[str, str], answer: Canned, name: str, detail: str
) -> None:
    balancer.canned[request_line] = answer
    failures = _failures(balancer)
    assert list(failures) == [name]
    assert detail in failures[name]


def test_a_redirect_is_named_and_not_followed(balancer: LoadBalancer) -> None:
    balancer.canned["GET", "/health"] = Canned(301, b"", {"Location": "https://elsewhere/"})
    assert _failures(balancer) == {"health": "301 to 'https://elsewhere/', not 200"}


def test_the_error_lists_every_failure_on_one_line(balancer: LoadBalancer) -> None:
    balancer.canned["GET", "/api/foo"] = Canned(200, b"1\n2\n\x1b[31m3")
    balancer.canned["GET", "/api/missing"] = Canned(500, b"")
    with pytest.raises(SmokeError) as caught:
        smoke.run(balancer.url, [FOO, BAR])
    message = caught.value.message
    assert message.startswith(f"2 of 8 checks of {balancer.url} failed: document foo: ")
    assert "missing document: 500, not 404: an empty body" in message
    assert message.isprintable()


def test_a_huge_answer_is_not_read_completely(balancer: LoadBalancer) -> None:
    balancer.canned["GET", "/api/foo"] = Canned(200, b" " * 3_000_000)
    assert _failures(balancer) == {
        "document foo": "no response: a body of more than 2,000,000 bytes"
    }


def test_a_missing_service_fails_every_check(unused_url: str) -> None:
    clock = FakeClock()
    with pytest.raises(SmokeError, match=r"7 of 7 checks .* no response: .*refused") as caught:
        smoke.run(unused_url, [FOO], clock=clock.clock)
    assert caught.value.message.count("refused") == 1
    assert clock.pauses == []


@pytest.mark.parametrize("status", [502, 503, 504, 404])
def test_the_first_request_is_repeated_until_there_is_a_rule_and_a_target(
    balancer: LoadBalancer, status: int
) -> None:
    balancer.first = [Canned(status, b"<html>", {"Content-Type": "text/html"})] * 3
    clock = FakeClock()
    smoke.run(balancer.url, [FOO], wait_seconds=60, clock=clock.clock)
    assert clock.pauses == [0.25, 0.5, 1.0]


def test_an_answer_of_the_api_is_not_repeated(balancer: LoadBalancer) -> None:
    balancer.first = [problem(500, "internal_error")]
    balancer.canned["GET", "/api/foo"] = problem(404, "document_not_found")
    clock = FakeClock()
    with pytest.raises(SmokeError, match="2 of 7 checks"):
        smoke.run(balancer.url, [FOO], wait_seconds=60, clock=clock.clock)
    assert clock.pauses == []


def test_the_deadline_applies_to_the_whole_run(unused_url: str) -> None:
    clock = FakeClock()
    with pytest.raises(SmokeError, match="7 of 7"):
        smoke.run(unused_url, [FOO], wait_seconds=60, clock=clock.clock)
    assert 50 < clock.time <= 60
    assert max(clock.pauses) == 5.0


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"\x16\x03\x01 no HTTP at all\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
        [b"HTTP/1.1 200 OK\r\n\r\n", b"a", b"b"],
    ],
    ids=["nothing", "no HTTP", "too many headers", "broken chunks", "slow"],
)
def test_a_broken_or_slow_response_is_a_request_error(parts: list[bytes]) -> None:
    times = iter([0.0, *[11.0] * 5])
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(5)

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(RequestError):
            smoke.send(url_of(listener), "GET", "/", now=lambda: next(times))
        thread.join()


def test_only_a_trusted_certificate_is_accepted(tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    tls = server_context(certificate)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(5)

        def serve() -> None:
            for _ in range(2):
                with (
                    suppress(OSError),
                    listener.accept()[0] as plain,
                    tls.wrap_socket(plain, server_side=True) as connection,
                ):
                    connection.recv(65_536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        url = url_of(listener).replace("http:", "https:")
        with pytest.raises(RequestError, match="CERTIFICATE_VERIFY_FAILED"):
            smoke.send(url, "GET", "/")
        assert smoke.send(url, "GET", "/", trusted=certificate).status == 200
        thread.join()
