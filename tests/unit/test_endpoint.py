from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from local_aws.load_balancer.tls import server_context

from terrarium.endpoint import Endpoint, ExchangeError


@pytest.fixture
def server() -> Iterator[Callable[[list[bytes]], str]]:
    """Start a server that sends these parts to one client; return its URL."""
    threads = []
    listeners = []

    def start(parts: list[bytes]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(5)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)

        thread = threading.Thread(target=serve)
        thread.start()
        threads.append(thread)
        listeners.append(listener)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for thread in threads:
        thread.join()
    for listener in listeners:
        listener.close()


def test_a_response_has_status_headers_and_body(server: Callable[[list[bytes]], str]) -> None:
    url = server([b"HTTP/1.1 201 Created\r\nX-One: 1\r\n\r\n", b"bo", b"dy"])
    response = Endpoint.parse(url, timeout_seconds=5).send("GET", "/")
    assert (response.status, response.headers["x-one"], response.body) == (201, "1", b"body")


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"\x16\x03\x01 no HTTP at all\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ],
    ids=["nothing", "no HTTP", "too many headers", "broken chunks"],
)
def test_a_response_that_is_not_http_is_an_exchange_error(
    server: Callable[[list[bytes]], str], parts: list[bytes]
) -> None:
    endpoint = Endpoint.parse(server(parts), timeout_seconds=5)
    with pytest.raises(ExchangeError):
        endpoint.send("GET", "/")


def test_a_slow_response_is_an_exchange_error(server: Callable[[list[bytes]], str]) -> None:
    url = server([b"HTTP/1.1 200 OK\r\n\r\n", b"a", b"b"])
    times = iter([0.0, 6.0, 6.0, 6.0])
    endpoint = Endpoint.parse(url, timeout_seconds=5, now=lambda: next(times))
    with pytest.raises(ExchangeError, match="no whole response within 5 s"):
        endpoint.send("GET", "/")


@pytest.mark.parametrize(
    ("url", "secure", "host", "port"),
    [
        ("http://127.0.0.1:8080", False, "127.0.0.1", 8080),
        ("https://api.example.com/", True, "api.example.com", None),
        ("http://[::1]:80", False, "::1", 80),
    ],
)
def test_a_url_is_parsed_into_scheme_host_and_port(
    url: str, secure: bool, host: str, port: int | None
) -> None:
    endpoint = Endpoint.parse(url, timeout_seconds=1)
    assert (endpoint.secure, endpoint.host, endpoint.port) == (secure, host, port)


def test_only_a_trusted_certificate_is_accepted(tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    tls = server_context(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
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
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ExchangeError, match="CERTIFICATE_VERIFY_FAILED"):
            Endpoint.parse(url, timeout_seconds=5).send("GET", "/")
        trusted = Endpoint.parse(url, timeout_seconds=5, trusted=certificate)
        assert trusted.send("GET", "/").status == 200
        thread.join()
