"""Connections over real sockets, with functions that only the test controls."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import replace
from typing import cast

import pytest
from local_aws.lambda_runtime.invocation import Answered
from local_aws.load_balancer.completed_request import CompletedRequest
from local_aws.load_balancer.configuration import Forward, TargetGroup, WeightedGroup
from local_aws.load_balancer.desync import ClassificationReason
from local_aws.load_balancer.response import error_page
from local_aws_tests.load_balancer_models import API, FUNCTION, NOT_FOUND, listener, rule
from local_aws_tests.raw_http import (
    Done,
    HeldFunctions,
    RecordingObserver,
    Reply,
    Served,
    http,
    send_once,
    serve,
)

TEXT = "Content-Type: text/plain"
AFTER_EVERY_TIMEOUT = 1_000.0  # seconds


@pytest.mark.parametrize(
    "sent",
    [
        http("POST /api/x", TEXT, "Content-Length: 5", body=b"hello"),
        http(
            "POST /api/x",
            TEXT,
            "Transfer-Encoding: chunked",
            body=b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        ),
    ],
)
def test_a_body_arrives_with_a_length_or_in_chunks(sent: bytes) -> None:
    assert send_once(sent).json()["body"] == "hello"


def test_a_client_that_expects_100_continue_gets_it() -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("POST /api/a", TEXT, "Expect: 100-continue", "Content-Length: 2"))
        assert (await client.reply()).line == "HTTP/1.1 100 Continue"
        await client.send(b"ok")
        assert Reply(await client.read_to_end()).json()["body"] == "ok"

    serve(scenario)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\n\r\n", 400),
        (http("GET /health", "Content-Length: -1"), 400),
        (http("GET /health", "Content-Length: 1", "Content-Length: 2"), 400),
        (http("POST /health", "Transfer-Encoding: chunked", body=b"zz\r\n"), 400),
        (http("CONNECT example.com:443"), 400),
        (http("POST /health", "Content-Length: 1048577"), 413),
        (
            http(
                "POST /health",
                "Transfer-Encoding: chunked",
                body=(b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 17 + b"0\r\n\r\n",
            ),
            413,
        ),
    ],
)
def test_a_request_that_cannot_be_served_gets_an_error_page(sent: bytes, status: int) -> None:
    reply = send_once(sent)
    assert reply.status == status
    assert f"<h1>{status} ".encode() in reply.body


def test_headers_of_the_listener_replace_those_of_responses() -> None:
    added = (("Content-Type", "text/plain"), ("X-Content-Type-Options", "nosniff"))
    on = replace(API, response_headers=added)
    for target, status in {"/health": 200, "/elsewhere": 404}.items():
        reply = send_once(http(f"GET {target}"), on=on)
        assert reply.status == status
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-type"] == "text/plain"


@pytest.mark.parametrize("status", [204, 304])
def test_responses_without_a_body_have_no_content_length(status: int) -> None:
    class Functions:
        def invoke(
            self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
        ) -> None:
            done(Answered(json.dumps({"statusCode": status, "body": "none"}).encode()))

    reply = send_once(http("GET /health"), functions=Functions())
    assert (reply.status, reply.body) == (status, b"")
    assert "content-length" not in reply.headers


def test_an_internal_error_is_a_500_without_details() -> None:
    class Broken:
        def invoke(
            self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
        ) -> None:
            raise RuntimeError("secret")

    reply = send_once(http("GET /health"), functions=Broken())
    assert reply.status == 500
    assert b"secret" not in reply.body


def test_pipelined_requests_are_answered_in_order() -> None:
    async def scenario(served: Served) -> None:
        paths = [f"/api/{number}" for number in range(50)]
        client = await served.connect()
        await client.send(b"".join(http(f"GET {path}", close=False) for path in paths))
        assert [(await client.reply()).json()["path"] for _ in paths] == paths

    serve(scenario)


def test_reading_pauses_while_a_client_sends_too_far_ahead() -> None:
    functions = HeldFunctions()

    async def scenario(served: Served) -> None:
        client = await served.connect()
        request = http("GET /api/a", f"X-Long: {'x' * 16_000}", close=False)
        await client.send(request)
        await functions.wait_for()
        client.writer.write(request * 2_000)
        while client.writer.transport.get_write_buffer_size() == 0:
            await asyncio.sleep(0.001)
        for _ in range(2_001):
            await functions.wait_for()
            functions.respond("in order")
            assert (await client.reply()).body == b"in order"

    serve(scenario, functions=functions)


def test_a_client_that_does_not_read_gets_no_further_responses() -> None:
    functions = HeldFunctions()

    async def scenario(served: Served) -> None:
        client = await served.connect()
        transport = cast(asyncio.Transport, client.writer.transport)
        transport.pause_reading()
        await client.send(http("GET /api/a", close=False) * 40)
        for _ in range(40):
            await functions.wait_for()
            functions.respond("x" * 900_000)
            if not functions.waiting:
                break
        assert not functions.waiting
        transport.resume_reading()
        assert len((await client.reply()).body) == 900_000

    serve(scenario, functions=functions)


def test_new_rules_apply_to_the_next_request_of_a_connection() -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /health", close=False))
        assert (await client.reply()).status == 200
        served.server.listener = listener(rule(None, NOT_FOUND))
        await client.send(http("GET /health", close=False))
        assert (await client.reply()).status == 404

    serve(scenario)


def test_every_request_of_a_connection_has_its_own_body_and_trace_id() -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        traces = set()
        for body in (b"ab", b"cd"):
            await client.send(
                http("POST /api/a", TEXT, "Content-Length: 2", body=body, close=False)
            )
            event = (await client.reply()).json()
            assert event["body"] == body.decode()
            traces.add(event["headers"]["x-amzn-trace-id"])
        assert len(traces) == 2

    serve(scenario)


def test_weights_apply_to_each_request_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = tuple(
        WeightedGroup(arn, 1, TargetGroup(arn, "lambda", (FUNCTION,))) for arn in ("blue", "green")
    )

    async def scenario(served: Served) -> None:
        client = await served.connect()
        for draw, arn in ((0.1, "blue"), (0.9, "green"), (0.1, "blue")):
            monkeypatch.setattr(random, "random", lambda draw=draw: draw)
            await client.send(http("GET /api/a", close=False))
            assert (await client.reply()).json()["requestContext"]["elb"]["targetGroupArn"] == arn

    serve(scenario, listener(rule(None, Forward(groups))))


def test_the_request_filter_sees_each_request_of_a_connection() -> None:
    responses = [None, error_page(403), None]

    async def scenario(served: Served) -> None:
        client = await served.connect()
        for status in (200, 403, 200):
            await client.send(http("GET /api/a", close=False))
            assert (await client.reply()).status == status

    serve(scenario, request_filter=lambda _: responses.pop(0))


def test_http_1_0_closes_the_connection_unless_the_client_asks_otherwise() -> None:
    async def scenario(served: Served) -> None:
        request = b"GET /health HTTP/1.0\r\n"
        reply = Reply(await served.send_once(request + b"\r\n"))
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        client = await served.connect()
        for _ in range(2):
            await client.send(request + b"Connection: keep-alive\r\n\r\n")
            assert (await client.reply()).headers["connection"] == "keep-alive"

    serve(scenario)


def test_a_client_that_closed_its_sending_half_gets_its_response() -> None:
    functions = HeldFunctions()

    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /api/a", close=False))
        client.writer.write_eof()
        await functions.wait_for()
        functions.respond("late")
        assert Reply(await client.read_to_end()).body == b"late"

    serve(scenario, functions=functions)


def test_a_client_that_disconnects_does_not_affect_others() -> None:
    functions = HeldFunctions()

    async def scenario(served: Served) -> None:
        gone = await served.connect()
        await gone.send(http("GET /api/a"))
        await functions.wait_for()
        gone.writer.transport.abort()
        client = await served.connect()
        await client.send(http("GET /api/b", close=False))
        await functions.wait_for(2)
        functions.respond("for the first")
        functions.respond("for the second")
        assert (await client.reply()).body == b"for the second"

    serve(scenario, functions=functions)


@pytest.mark.parametrize("begun", [b"GET /he", http("POST /api/a", "Content-Length: 5") + b"abc"])
def test_an_incomplete_request_gets_a_408_after_the_idle_timeout(begun: bytes) -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /api/a", close=False) + begun)
        assert (await client.reply()).status == 200
        served.server.check_timeouts(time.monotonic() + AFTER_EVERY_TIMEOUT)
        assert Reply(await client.read_to_end()).status == 408

    serve(scenario)


def test_an_idle_connection_is_closed_without_a_response() -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /health", close=False))
        assert (await client.reply()).status == 200
        served.server.check_timeouts(time.monotonic() + AFTER_EVERY_TIMEOUT)
        assert await client.read_to_end() == b""

    serve(scenario)


def test_the_idle_timeout_does_not_apply_to_a_running_function() -> None:
    functions = HeldFunctions()

    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /api/a", close=False))
        await functions.wait_for()
        served.server.check_timeouts(time.monotonic() + AFTER_EVERY_TIMEOUT)
        functions.respond("slow")
        assert (await client.reply()).body == b"slow"

    serve(scenario, functions=functions)


def test_closing_a_listener_waits_for_running_requests() -> None:
    functions = HeldFunctions()

    async def scenario(served: Served) -> None:
        idle, client = await served.connect(), await served.connect()
        await client.send(http("GET /api/a", close=False))
        await functions.wait_for()
        closing = asyncio.create_task(served.server.close(60))
        assert await idle.read_to_end() == b""
        functions.respond("last")
        reply = Reply(await client.read_to_end())
        assert (reply.body, reply.headers["connection"]) == (b"last", "close")
        client.writer.close()
        await closing

    serve(scenario, functions=functions)


def test_observers_see_every_request_and_connection() -> None:
    observer = RecordingObserver()

    async def scenario(served: Served) -> None:
        sent = http("GET /api/a")
        received = await served.send_once(sent)
        await served.send_once(http("GET /elsewhere"))
        await served.send_once(http("POST /api/a", "content-length: 1048577"))
        await served.send_once(b"nonsense\r\n\r\n")
        forwarded, fixed, too_large, unreadable = observer.requests
        assert forwarded.request is not None
        assert forwarded.request.path == "/api/a"
        assert forwarded.decision is not None
        assert forwarded.decision.rule == API.rules[0]
        assert (forwarded.received_bytes, forwarded.sent_bytes) == (len(sent), len(received))
        assert forwarded.version == "HTTP/1.1"
        assert forwarded.trace_id == Reply(received).json()["headers"]["x-amzn-trace-id"]
        assert fixed.trace_id is None
        assert (too_large.response.status, too_large.version) == (413, "HTTP/1.1")
        assert too_large.request is not None
        assert too_large.request.path == "/api/a"
        assert (unreadable.request, unreadable.response.status) == (None, 400)
        assert unreadable.classification_reason is ClassificationReason.BAD_VERSION
        clients = [client for _, client in observer.connections]
        assert clients == [each.client for each in observer.requests]

    serve(scenario, observers=(observer,))
    assert observer.disconnections == len(observer.connections)


def test_an_observer_that_raises_affects_no_request(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(RecordingObserver):
        def finished(self, completed: CompletedRequest) -> None:
            raise RuntimeError("broken observer")

    async def scenario(served: Served) -> None:
        client = await served.connect()
        for _ in range(2):
            await client.send(http("GET /health", close=False))
            assert (await client.reply()).status == 200

    serve(scenario, observers=(Broken(),))
    assert [record.getMessage() for record in caplog.records] == ["an observer failed"] * 2
