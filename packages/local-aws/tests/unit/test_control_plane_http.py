from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_aws.control_plane import http
from local_aws.control_plane.http import AsgiApplication, Request, Response
from local_aws.control_plane.moto_http import environ_of


def a_request(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "method": "GET",
        "raw_path": "/",
        "query": "",
        "headers": (),
        "body": b"",
    }
    return Request(**(values | changes))


class Exchange:
    """A request and an answer as ASGI messages."""

    def __init__(self, application: AsgiApplication, *incoming: MutableMapping[str, Any]) -> None:
        self.sent: list[MutableMapping[str, Any]] = []
        self._incoming = list(incoming)
        self._application = application

    def run(self, method: str = "PUT", headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        scope = {
            "type": "http",
            "method": method,
            "raw_path": b"/bucket/a%2Fb",
            "query_string": b"x=1",
            "headers": headers,
        }
        asyncio.run(self._application(scope, self._receive, self._send))

    async def _receive(self) -> MutableMapping[str, Any]:
        return self._incoming.pop(0)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(message)


def chunk(body: bytes, *, more: bool = False) -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def echo(request: Request) -> Response:
    text = json.dumps([request.method, request.raw_path, request.query, request.body.decode()])
    return Response(200, (("Content-Length", "7"), ("Connection", "close")), text.encode())


def application(handler: Any = echo) -> AsgiApplication:
    threads = ThreadPoolExecutor(1)
    return AsgiApplication(handler, lambda _: threads)


def test_the_handler_gets_the_whole_body_and_the_encoded_path() -> None:
    exchange = Exchange(application(), chunk(b"he", more=True), chunk(b"llo"))
    exchange.run()
    assert json.loads(exchange.sent[1]["body"]) == ["PUT", "/bucket/a%2Fb", "x=1", "hello"]


def test_the_handler_does_not_get_the_body_of_a_disconnected_client() -> None:
    reached: list[Request] = []
    exchange = Exchange(
        application(reached.append), chunk(b"he", more=True), {"type": "http.disconnect"}
    )
    exchange.run()
    assert (reached, exchange.sent[0]["status"]) == ([], 400)


def test_a_body_shorter_than_its_content_length_is_refused() -> None:
    exchange = Exchange(application(), chunk(b"hel"))
    exchange.run(headers=((b"content-length", b"5"),))
    assert exchange.sent[0]["status"] == 400


def test_a_too_long_body_is_read_to_its_end_and_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(http, "MAX_BODY", 4)
    exchange = Exchange(
        application(), chunk(b"123", more=True), chunk(b"456", more=True), chunk(b"")
    )
    exchange.run()
    assert exchange.sent[0]["status"] == 413


def test_the_answer_has_the_length_of_its_body_and_no_hop_by_hop_headers() -> None:
    exchange = Exchange(application(), chunk(b""))
    exchange.run()
    length = str(len(exchange.sent[1]["body"])).encode()
    assert exchange.sent[0]["headers"] == [(b"content-length", length)]


def test_an_answer_to_head_has_the_length_of_the_object_and_no_body() -> None:
    exchange = Exchange(application(), chunk(b""))
    exchange.run(method="HEAD")
    assert exchange.sent[0]["headers"] == [(b"content-length", b"7")]
    assert exchange.sent[1]["body"] == b""


def test_a_line_break_in_a_header_value_does_not_start_another_header() -> None:
    def hostile(_: Request) -> Response:
        return Response(200, (("x-a", "1\r\nset-cookie: b"),), b"")

    exchange = Exchange(application(hostile), chunk(b""))
    exchange.run()
    assert exchange.sent[0]["headers"][0] == (b"x-a", b"1  set-cookie: b")


def test_the_environment_has_the_decoded_and_the_raw_path() -> None:
    environ = environ_of(a_request(raw_path="/b/%C3%A9%2Fx", query="a=%20"))
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/b/é/x"
    assert environ["RAW_URI"] == "/b/%C3%A9%2Fx?a=%20"


def test_repeated_headers_are_joined() -> None:
    environ = environ_of(a_request(headers=(("x-a", "1"), ("x-a", "2"))))
    assert environ["HTTP_X_A"] == "1,2"


def test_metadata_keys_of_s3_keep_their_underscores() -> None:
    environ = environ_of(a_request(headers=(("x-amz-meta-my_key", "v"),)))
    assert environ["moto.preserved_header_names"] == {"HTTP_X_AMZ_META_MY_KEY": "x-amz-meta-my_key"}


def test_a_header_with_an_underscore_does_not_replace_one_with_a_dash() -> None:
    environ = environ_of(a_request(headers=(("x_amz_target", "evil"), ("content_length", "9"))))
    assert "HTTP_X_AMZ_TARGET" not in environ
    assert environ["CONTENT_LENGTH"] == "0"


def test_an_invalid_host_header_gets_the_defaults() -> None:
    for host in ("", "[::", "a:b:c", "x:99999999", "127.0.0.1:4747"):
        environ = environ_of(a_request(headers=(("host", host),)))
        assert environ["SERVER_NAME"]
        assert environ["SERVER_PORT"].isdecimal()
