"""The edge: real sockets, a function that is played."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import replace
from typing import Literal, cast

import pytest
from local_aws.lambda_runtime.invocation import Answered
from local_aws.load_balancer.completed_request import CompletedRequest
from local_aws.load_balancer.configuration import Attributes, Forward, TargetGroup, WeightedGroup
from local_aws.load_balancer.desync import ClassificationReason
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Response, error_page
from local_aws_tests.load_balancer_models import API, FUNCTION, NOT_FOUND, listener, rule
from local_aws_tests.raw_http import Done, Held, Reply, Served, Watch, http, once, serve


class Broken:
    def invoke(
        self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
    ) -> None:
        raise RuntimeError("a bug of ours")


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
    async def scenario(served: Served) -> None:
        client = await served.connect()
        text = "Content-Type: text/plain"
        await client.send(http("POST /api/a", text, "Expect: 100-continue", "Content-Length: 2"))
        assert (await client.reply()).line == "HTTP/1.1 100 Continue"
        await client.send(b"ok")
        assert Reply(await client.rest()).json()["body"] == "ok"

    serve(scenario)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\n\r\n", 400),
        (http("GET /health", "Bad Header: 1"), 400),
        (http("GET /health", "X-A: 1\r\n folded"), 400),
        (http("GET /health", f"X-Long: {'x' * 17_000}"), 400),
        (http("GET /health", *(f"X-{n}: {'x' * 15_000}" for n in range(5))), 400),
        (http("POST /health", "Content-Length: 1", "Transfer-Encoding: gzip"), 501),
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


def test_a_bug_of_ours_is_a_500_without_a_traceback() -> None:
    reply = once(http("GET /health"), functions=Broken())
    assert reply.status == 500
    assert b"bug" not in reply.body
    assert b"Traceback" not in reply.body


def test_a_path_beyond_ascii_is_passed_on_if_it_is_utf8() -> None:
    assert once(http("GET /api/é")).json()["path"] == "/api/é"
    assert once(http("GET /api/@").replace(b"@", b"\xff")).status == 400


def test_requests_that_are_sent_ahead_are_answered_in_order() -> None:
    async def scenario(served: Served) -> None:
        paths = [f"/api/{number}" for number in range(50)]
        sent = b"".join(http(f"GET {path}", close=False) for path in paths)
        client = await served.connect()
        await client.send(sent)
        assert [(await client.reply()).json()["path"] for _ in paths] == paths

    serve(scenario)


def test_a_client_that_sends_ahead_without_end_is_not_read_from() -> None:
    held = Held()

    async def scenario(served: Served) -> None:
        client = await served.connect()
        request = http("GET /api/a", f"X-Long: {'x' * 16_000}", close=False)
        await client.send(request)
        await held.arrived()
        client.writer.write(request * 2_000)
        while client.writer.transport.get_write_buffer_size() == 0:
            await asyncio.sleep(0.001)
        for _ in range(2_001):
            await held.arrived()
            held.answer("in turn")
            assert (await client.reply()).body == b"in turn"

    serve(scenario, functions=held)


def test_a_client_that_takes_no_answers_gets_no_more_of_them() -> None:
    held = Held()

    async def scenario(served: Served) -> None:
        client = await served.connect()
        transport = cast(asyncio.Transport, client.writer.transport)
        transport.pause_reading()
        await client.send(http("GET /api/a", close=False) * 40)
        for _ in range(40):
            await held.arrived()
            held.answer("x" * 900_000)
            if not held.waiting:
                break
        assert not held.waiting
        transport.resume_reading()
        assert len((await client.reply()).body) == 900_000

    serve(scenario, functions=held)


def test_new_rules_are_in_force_with_the_next_request() -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /health", close=False))
        assert (await client.reply()).status == 200
        served.server.listener = listener(rule(None, NOT_FOUND))
        await client.send(http("GET /health", close=False))
        assert (await client.reply()).status == 404

    serve(scenario)


def test_what_is_asked_again_differs_in_its_trace_id_only() -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        events = []
        for _ in range(3):
            await client.send(http("GET /api/a?b=c", close=False))
            events.append((await client.reply()).json())
        traces = {each["headers"].pop("x-amzn-trace-id") for each in events}
        assert len(traces) == 3
        assert events[0] == events[1] == events[2]

    serve(scenario)


def test_the_same_head_with_another_body_is_another_request() -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        text = "Content-Type: text/plain"
        for body in (b"ab", b"cd"):
            await client.send(
                http("POST /api/a", text, "Content-Length: 2", body=body, close=False)
            )
            assert (await client.reply()).json()["body"] == body.decode()

    serve(scenario)


def test_weights_are_for_requests_not_for_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = tuple(
        WeightedGroup(arn, 1, TargetGroup(arn, "lambda", (FUNCTION,))) for arn in ("blue", "green")
    )
    on = listener(rule(None, Forward(groups)))

    async def scenario(served: Served) -> None:
        client = await served.connect()
        for draw, arn in ((0.1, "blue"), (0.9, "green"), (0.1, "blue")):
            monkeypatch.setattr(random, "random", lambda draw=draw: draw)
            await client.send(http("GET /api/a", close=False))
            assert (await client.reply()).json()["requestContext"]["elb"]["targetGroupArn"] == arn

    serve(scenario, on)


def test_a_firewall_is_asked_about_every_request() -> None:
    refusals = [None, error_page(403), None]

    async def scenario(served: Served) -> None:
        client = await served.connect()
        for status in (200, 403, 200):
            await client.send(http("GET /api/a", close=False))
            assert (await client.reply()).status == status

    serve(scenario, request_filter=lambda _: refusals.pop(0))


def test_a_client_of_the_first_version_gets_one_answer() -> None:
    async def scenario(served: Served) -> None:
        request = b"GET /health HTTP/1.0\r\n"
        reply = Reply(await served.talk(request + b"\r\n"))
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        client = await served.connect()
        for _ in range(2):
            await client.send(request + b"Connection: keep-alive\r\n\r\n")
            assert (await client.reply()).headers["connection"] == "keep-alive"

    serve(scenario)


def test_a_client_that_has_sent_all_still_gets_its_answer() -> None:
    held = Held()

    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /api/a", close=False))
        client.writer.write_eof()
        await held.arrived()
        held.answer("late")
        assert Reply(await client.rest()).body == b"late"

    serve(scenario, functions=held)


def test_a_client_that_goes_takes_nothing_with_it() -> None:
    held = Held()

    async def scenario(served: Served) -> None:
        gone = await served.connect()
        await gone.send(http("GET /api/a"))
        await held.arrived()
        gone.writer.transport.abort()
        client = await served.connect()
        await client.send(http("GET /api/b", close=False))
        await held.arrived(2)
        held.answer("for nobody")
        held.answer("for the other")
        assert (await client.reply()).body == b"for the other"

    serve(scenario, functions=held)


AFTERWARDS = 1_000.0  # seconds


def test_who_starts_a_request_and_does_not_end_it_gets_a_408() -> None:
    async def scenario(served: Served) -> None:
        for begun in (b"GET /he", http("POST /api/a", "Content-Length: 5") + b"abc"):
            client = await served.connect()
            await client.send(http("GET /api/a", close=False) + begun)
            assert (await client.reply()).status == 200
            served.server.check_timeouts(time.monotonic() + AFTERWARDS)
            assert Reply(await client.rest()).status == 408

    serve(scenario)


def test_a_connection_that_is_not_used_is_closed_without_a_word() -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /health", close=False))
        assert (await client.reply()).status == 200
        served.server.check_timeouts(time.monotonic() + AFTERWARDS)
        assert await client.rest() == b""

    serve(scenario)


def test_the_idle_timeout_does_not_cut_a_running_function() -> None:
    held = Held()

    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(http("GET /api/a", close=False))
        await held.arrived()
        served.server.check_timeouts(time.monotonic() + AFTERWARDS)
        held.answer("slow")
        assert (await client.reply()).body == b"slow"

    serve(scenario, functions=held)


def test_closing_waits_for_what_runs() -> None:
    held = Held()

    async def scenario(served: Served) -> None:
        idle, client = await served.connect(), await served.connect()
        await client.send(http("GET /api/a", close=False))
        await held.arrived()
        closing = asyncio.create_task(served.server.close(60))
        assert await idle.rest() == b""
        held.answer("last")
        reply = Reply(await client.rest())
        assert (reply.body, reply.headers["connection"]) == (b"last", "close")
        client.writer.close()
        await closing

    serve(scenario, functions=held)


AMBIGUOUS = http("POST /api/a", "Content-Length: 9", "Transfer-Encoding: chunked", close=False)
ACCEPTABLE = http("GET /api/a b", close=False)


@pytest.mark.parametrize(
    ("mode", "sent", "status", "connection"),
    [
        ("defensive", ACCEPTABLE, 200, "keep-alive"),
        ("defensive", AMBIGUOUS + b"0\r\n\r\n", 200, "close"),
        ("monitor", AMBIGUOUS + b"0\r\n\r\n", 200, "keep-alive"),
        ("strictest", ACCEPTABLE, 400, "close"),
        ("strictest", AMBIGUOUS + b"0\r\n\r\n", 400, "close"),
    ],
)
def test_what_looks_like_smuggling_is_treated_as_the_mode_says(
    mode: Literal["defensive", "monitor", "strictest"], sent: bytes, status: int, connection: str
) -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send(sent)
        reply = await client.reply()
        assert (reply.status, reply.headers["connection"]) == (status, connection)

    serve(scenario, on=replace(API, attributes=Attributes(desync_mode=mode)))


def test_every_exchange_is_told_to_who_observes_it() -> None:
    watch = Watch()

    async def scenario(served: Served) -> None:
        sent = http("GET /api/a")
        received = await served.talk(sent)
        await served.talk(b"nonsense\r\n\r\n")
        known, unknown = watch.exchanges
        assert known.request is not None
        assert known.request.path == "/api/a"
        assert known.decision is not None
        assert known.decision.rule == API.rules[0]
        assert (known.received_bytes, known.sent_bytes) == (len(sent), len(received))
        assert known.version == "HTTP/1.1"
        assert (unknown.request, unknown.response.status) == (None, 400)
        assert unknown.classification_reason is ClassificationReason.BAD_VERSION
        assert [client for _, client in watch.connections] == [known.client, unknown.client]

    serve(scenario, observers=(watch,))


def test_an_observer_that_fails_takes_nothing_with_it(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Watch):
        def finished(self, completed: CompletedRequest) -> None:
            raise RuntimeError("a bug of an observer")

    async def scenario(served: Served) -> None:
        client = await served.connect()
        for _ in range(2):
            await client.send(http("GET /health", close=False))
            assert (await client.reply()).status == 200

    serve(scenario, observers=(Broken(),))
    assert [record.getMessage() for record in caplog.records] == ["an observer failed"] * 2


def test_the_trace_id_that_is_told_is_the_one_that_the_function_gets() -> None:
    watch = Watch()

    async def scenario(served: Served) -> None:
        reply = Reply(await served.talk(http("GET /api/a")))
        await served.talk(http("GET /elsewhere"))
        forwarded, not_forwarded = watch.exchanges
        assert forwarded.trace_id == reply.json()["headers"]["x-amzn-trace-id"]
        assert not_forwarded.trace_id is None

    serve(scenario, observers=(watch,))


def test_a_request_that_is_too_large_is_told_with_its_head() -> None:
    watch = Watch()

    async def scenario(served: Served) -> None:
        await served.talk(http("POST /api/a", "content-length: 1048577"))
        (refused,) = watch.exchanges
        assert (refused.response.status, refused.version) == (413, "HTTP/1.1")
        assert refused.request is not None
        assert refused.request.path == "/api/a"

    serve(scenario, observers=(watch,))


def test_connections_are_told_when_they_begin_and_when_they_end() -> None:
    watch = Watch()

    async def scenario(served: Served) -> None:
        await served.talk(http("GET /api/a"))
        assert len(watch.connections) == 1

    serve(scenario, observers=(watch,))
    assert watch.ended == 1


def test_a_guard_answers_before_any_rule() -> None:
    async def scenario(served: Served) -> None:
        assert Reply(await served.talk(http("GET /api/bad"))).status == 403
        assert Reply(await served.talk(http("GET /api/good"))).status == 200

    def guard(request: Request) -> Response | None:
        return error_page(403) if request.path.endswith("bad") else None

    serve(scenario, request_filter=guard)


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_end_with_their_head(status: int) -> None:
    class Empty:
        def invoke(
            self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
        ) -> None:
            done(Answered(json.dumps({"statusCode": status, "body": "none"}).encode()))

    reply = once(http("GET /health"), functions=Empty())
    assert (reply.status, reply.body) == (status, b"")
    assert "content-length" not in reply.headers
