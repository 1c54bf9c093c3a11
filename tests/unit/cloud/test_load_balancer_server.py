"""The edge: real sockets, a function that is played."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from terrarium.cloud.functions.outcome import Answered, Outcome
from terrarium.cloud.load_balancer.model import Attributes, Listener
from terrarium.cloud.load_balancer.ports import bind
from terrarium.cloud.load_balancer.server import ListenerServer
from tests.unit.cloud.balancers import API, NOT_FOUND, listener, rule

Done = Callable[[Outcome], None]


class Echo:
    """Answers with the event it got."""

    def invoke(
        self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
    ) -> None:
        response = {
            "statusCode": 200,
            "statusDescription": "200 Fine",
            "headers": {"content-type": "application/json", "set-cookie": "a=1"},
            "body": payload.decode(),
        }
        done(Answered(json.dumps(response).encode()))


class Broken:
    def invoke(
        self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
    ) -> None:
        raise RuntimeError("a bug of ours")


class Reply:
    """A raw answer, taken apart."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.line, *lines = head.decode().split("\r\n")
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }

    @property
    def status(self) -> int:
        return int(self.line.split(" ")[1])

    def json(self) -> Any:
        return json.loads(self.body)


Talk = Callable[[bytes], Awaitable[bytes]]


def serve(
    scenario: Callable[[ListenerServer, Talk], Awaitable[None]],
    on: Listener = API,
    functions: Any = None,
) -> None:
    async def run() -> None:
        server = ListenerServer(on, functions or Echo(), {})
        with bind([0]) as bound:
            port = bound.getsockname()[1]
            await server.open(bound)

            async def talk(sent: bytes) -> bytes:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                async with asyncio.timeout(5):
                    received = await reader.read()
                writer.close()
                return received

            try:
                await scenario(server, talk)
            finally:
                await server.close(0.1)

    asyncio.run(run())


def once(sent: bytes, on: Listener = API, functions: Any = None) -> Reply:
    """Send bytes on a connection of their own; the reply until the server closes it."""
    replies: list[bytes] = []

    async def scenario(_: ListenerServer, talk: Talk) -> None:
        replies.append(await talk(sent))

    serve(scenario, on, functions)
    return Reply(replies[0])


def http(line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", "Host: api.example.com", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def test_a_request_reaches_the_function_and_its_answer_the_client() -> None:
    reply = once(http("GET /api/foo?a=%20b&a=2&c"))
    assert reply.line == "HTTP/1.1 200 Fine"
    assert reply.headers["server"] == "awselb/2.0"
    assert reply.headers["set-cookie"] == "a=1"
    assert reply.json()["path"] == "/api/foo"
    assert reply.json()["queryStringParameters"] == {"a": "2", "c": ""}
    assert reply.json()["headers"]["host"] == "api.example.com"


def test_head_has_the_length_and_no_body() -> None:
    reply = once(http("HEAD /health"))
    assert reply.status == 200
    assert int(reply.headers["content-length"]) > 100
    assert reply.body == b""


@pytest.mark.parametrize("path", ["/api/%66oo", "/api/a%2Fb", "/api//x", "/api/../etc"])
def test_the_path_arrives_as_it_was_sent(path: str) -> None:
    assert once(http(f"GET {path}")).json()["path"] == path


def test_a_body_arrives_with_a_length_and_in_chunks() -> None:
    plain = http("POST /api/x", "Content-Type: text/plain", "Content-Length: 5", body=b"hello")
    chunks = http(
        "POST /api/x",
        "Content-Type: text/plain",
        "Transfer-Encoding: chunked",
        body=b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    )
    for sent in (plain, chunks):
        assert once(sent).json()["body"] == "hello"


def test_a_compressed_body_is_not_unpacked() -> None:
    sent = http(
        "POST /api/x", "Content-Encoding: gzip", "Content-Length: 4", body=b"\x1f\x8b\x08\0"
    )
    assert once(sent).json()["isBase64Encoded"] is True


def test_a_client_that_asks_first_may_continue() -> None:
    sent = http(
        "POST /api/x",
        "Content-Type: text/plain",
        "Expect: 100-continue",
        "Content-Length: 2",
        body=b"ok",
    )
    reply = once(sent)
    assert reply.line == "HTTP/1.1 100 Continue"
    assert Reply(reply.body).json()["body"] == "ok"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\n\r\n", 400),
        (http("GET /héalth"), 400),
        (http("GET /health", "Bad Header: 1"), 400),
        (http("GET /health", "X-A: 1\r\n folded"), 400),
        (http("GET /health", f"X-Long: {'x' * 17_000}"), 400),
        (http("GET /health", *(f"X-{n}: {'x' * 15_000}" for n in range(5))), 400),
        (http("GET /health", "Content-Length: 1", "Transfer-Encoding: chunked"), 400),
        (http("GET /health", "Content-Length: -1"), 400),
        (http("GET /health", "Content-Length: 1", "Content-Length: 2"), 400),
        (http("POST /health", "Transfer-Encoding: chunked", body=b"zz\r\n"), 400),
        (http("CONNECT example.com:443"), 400),
        (http("GET /health", "Upgrade: websocket", "Connection: Upgrade"), 400),
        (http("TRACE /health"), 405),
        (http("POST /health", "Content-Length: 1048577"), 413),
    ],
)
def test_what_cannot_be_served_is_answered_with_a_page_of_ours(sent: bytes, status: int) -> None:
    reply = once(sent)
    assert reply.status == status
    assert reply.headers["content-type"] == "text/html"
    assert reply.headers["server"] == "awselb/2.0"
    assert f"<h1>{status} ".encode() in reply.body


def test_headers_of_the_listener_are_on_every_answer_and_win_over_the_function() -> None:
    added = (("Content-Type", "text/plain"), ("X-Content-Type-Options", "nosniff"))
    on = replace(API, response_headers=added)
    for target, status in {"/health": 200, "/elsewhere": 404}.items():
        reply = once(http(f"GET {target}"), on=on)
        assert reply.status == status
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-type"] == "text/plain"


def test_a_header_that_is_not_utf8_is_a_bad_request() -> None:
    assert once(http("GET /health", "X-Name: @").replace(b"@", b"\xff\xfe")).status == 400


def test_a_body_that_grows_over_a_megabyte_is_too_large() -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = http("POST /health", "Transfer-Encoding: chunked", body=chunk * 17 + b"0\r\n\r\n")
    assert once(sent).status == 413


def test_a_body_that_does_not_come_is_a_408() -> None:
    slow = listener(rule(None, NOT_FOUND), attributes=Attributes(idle_timeout_seconds=0))
    assert once(http("POST /", "Content-Length: 5"), on=slow).status == 408


def test_a_bug_of_ours_is_a_500_without_a_traceback() -> None:
    reply = once(http("GET /health"), functions=Broken())
    assert reply.status == 500
    assert b"bug" not in reply.body
    assert b"Traceback" not in reply.body


def test_requests_on_one_connection_are_answered_in_order() -> None:
    first = http("GET /api/1").replace(b"Connection: close\r\n", b"")
    replies: list[bytes] = []

    async def scenario(_: ListenerServer, talk: Talk) -> None:
        replies.append(await talk(first + http("GET /api/2")))

    serve(scenario)
    assert replies[0].index(b'"/api/1"') < replies[0].index(b'"/api/2"')


def test_new_rules_are_in_force_with_the_next_request() -> None:
    async def scenario(server: ListenerServer, talk: Talk) -> None:
        assert Reply(await talk(http("GET /health"))).status == 200
        server.listener = listener(rule(None, NOT_FOUND))
        assert Reply(await talk(http("GET /health"))).status == 404

    serve(scenario)
