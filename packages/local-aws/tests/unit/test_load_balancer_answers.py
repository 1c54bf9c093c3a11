from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from local_aws.lambda_runtime.invocation import Answered, Failed, Outcome, Reason
from local_aws.load_balancer.configuration import Listener, Redirect, TargetGroup, Unsupported
from local_aws.load_balancer.lambda_response import InvalidResponseError, decode_response
from local_aws.load_balancer.redirect import redirect
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.request_handler import RequestHandler
from local_aws.load_balancer.response import Response
from local_aws_tests.load_balancer_models import (
    API,
    FUNCTION,
    GROUP,
    forward,
    listener,
    request,
    rule,
)

Done = Callable[[Outcome], None]


def given(multi_value: bool = False, **response: Any) -> Response:
    return decode_response(json.dumps(response).encode(), multi_value=multi_value)


def test_a_whole_response_becomes_an_answer() -> None:
    result = given(
        statusCode=201,
        statusDescription="201 Made It",
        headers={"Content-Type": "text/plain", "Set-Cookie": "a=1"},
        body="hello",
        isBase64Encoded=False,
    )
    assert (result.status, result.reason, result.body) == (201, "Made It", b"hello")
    assert dict(result.headers) == {"Content-Type": "text/plain", "Set-Cookie": "a=1"}


def test_a_status_code_alone_is_enough() -> None:
    assert given(statusCode=200) == Response(200)


def test_a_body_in_base64_is_decoded() -> None:
    body = base64.b64encode(b"\x00\xff").decode()
    assert given(statusCode=200, body=body, isBase64Encoded=True).body == b"\x00\xff"


def test_multi_values_come_from_their_own_field() -> None:
    result = given(
        multi_value=True,
        statusCode=200,
        headers={"x-single": "1"},
        multiValueHeaders={"Set-Cookie": ["a=1", "b=2"]},
    )
    assert result.headers == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))


def test_headers_of_the_connection_and_the_length_are_not_the_functions_to_set() -> None:
    sent = {"Connection": "close", "Transfer-Encoding": "chunked", "content-length": "3", "X-A": ""}
    assert given(statusCode=200, headers=sent).headers == (("X-A", ""),)


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"statusCode": "200"},
        {"statusCode": True},
        {"statusCode": 200.0},
        {"statusCode": 99},
        {"statusCode": 101},
        {"statusCode": 600},
        {"statusCode": 200, "body": None},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
        {"statusCode": 200, "isBase64Encoded": "true"},
        {"statusCode": 200, "statusDescription": None},
        {"statusCode": 200, "statusDescription": "200 OK\r\nX-Evil: 1"},
        {"statusCode": 200, "headers": {"x-count": 1}},
        {"statusCode": 200, "headers": {"x-a": "1\r\nx-evil: 2"}},
        {"statusCode": 200, "headers": {"x a": "1"}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"x-long": "x" * 33_000}},
    ],
)
def test_a_malformed_response_is_refused(response: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        decode_response(json.dumps(response).encode(), multi_value=False)
    assert caught.value.reason is Reason.INVALID_RESPONSE


@pytest.mark.parametrize("payload", [b"5", b'"text"', b"[]", b"null", b"not json", b"", b"\xff"])
def test_what_is_not_an_object_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidResponseError):
        decode_response(payload, multi_value=False)


def test_text_that_utf8_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidResponseError):
        decode_response(b'{"statusCode": 200, "body": "\\ud800"}', multi_value=False)
    with pytest.raises(InvalidResponseError):
        decode_response(b'{"statusCode": 200, "headers": {"x-a": "\\ud800"}}', multi_value=False)


def test_a_response_over_a_megabyte_is_too_large() -> None:
    with pytest.raises(InvalidResponseError) as caught:
        given(statusCode=200, body="x" * 1_048_576)
    assert caught.value.reason is Reason.RESPONSE_TOO_LARGE


class Functions:
    """Answers every invocation with one outcome and remembers who asked."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.calls: list[tuple[str, str, str]] = []

    def invoke(
        self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
    ) -> None:
        event = json.loads(payload)
        assert event["headers"]["x-amzn-trace-id"] == trace_id
        self.calls.append((arn, source_arn, event["path"]))
        done(self.outcome)


def respond(sent: Request, on: Listener, functions: Functions) -> Response:
    answers: list[Response] = []
    handler = RequestHandler(on, functions, {})
    handler.handle(sent, lambda response, *_: answers.append(response))
    (answer,) = answers
    return answer


def completed(sent: Request, outcome: Outcome | None = None, on: Listener = API) -> Response:
    return respond(sent, on, Functions(outcome or Answered(b'{"statusCode": 200}')))


def test_a_request_for_the_api_is_the_functions_to_answer() -> None:
    functions = Functions(Answered(b'{"statusCode": 200, "body": "{}"}'))
    result = respond(request("/api/foo"), API, functions)
    assert (result.status, result.body) == (200, b"{}")
    assert functions.calls == [(FUNCTION, GROUP.arn, "/api/foo")]


def test_a_fixed_response_is_what_the_rule_says() -> None:
    result = completed(request("/none"))
    assert (result.status, result.body) == (404, b"{}")
    assert dict(result.headers) == {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "outcome",
    [
        Failed(Reason.UNHANDLED, "ValueError: secret"),
        Failed(Reason.THROTTLING, "secret"),
        Failed(Reason.ACCESS_DENIED, "secret"),
        Answered(b'"secret"'),
    ],
)
def test_every_failure_of_a_function_is_a_502_that_tells_the_client_nothing(
    outcome: Outcome,
) -> None:
    result = completed(request("/health"), outcome)
    assert result.status == 502
    assert result.error_reason is not None
    assert b"502 Bad Gateway" in result.body
    assert b"secret" not in result.body


def test_without_a_registered_target_the_answer_is_503() -> None:
    empty = listener(rule(None, forward(TargetGroup("arn:empty", "lambda", ()))))
    assert completed(request(), on=empty).status == 503


def test_trace_is_not_allowed() -> None:
    assert completed(request("/health", method="TRACE")).status == 405


def test_a_websocket_cannot_reach_a_function() -> None:
    sent = request("/health", headers=(("upgrade", "websocket"),))
    assert completed(sent).error_reason == Reason.WEBSOCKET


def test_what_is_not_built_is_a_501_that_names_it() -> None:
    result = completed(request(), on=listener(rule(None, Unsupported("the action jwt-validation"))))
    assert result.status == 501
    assert b"the action jwt-validation" in result.body


TO_HTTPS = Redirect(301, "HTTPS", "#{host}", "443", "/#{path}", "#{query}")


@pytest.mark.parametrize(
    ("action", "location"),
    [
        (TO_HTTPS, "https://api.example.com:443/a/b?c=1"),
        (
            Redirect(302, "#{protocol}", "new.org", "#{port}", "/v2/#{path}", ""),
            "http://new.org:8080/v2/a/b",
        ),
        (
            Redirect(302, "#{protocol}", "www.#{host}", "8000", "/", "p=#{path}"),
            "http://www.api.example.com:8000/?p=a/b",
        ),
    ],
)
def test_a_redirect_keeps_what_it_does_not_set(action: Redirect, location: str) -> None:
    result = redirect(action, request("/a/b", "c=1"), API, {80: 8080})
    assert dict(result.headers)["Location"] == location
    assert result.status == action.status


@pytest.mark.parametrize(("status", "length"), [(301, 134), (302, 110)])
def test_a_redirect_has_a_page_of_the_length_that_it_has_on_aws(status: int, length: int) -> None:
    action = Redirect(status, "HTTPS", "#{host}", "443", "/#{path}", "#{query}")
    result = redirect(action, request("/a"), API, {})
    assert len(result.body) == length
    assert f"<title>{status} ".encode() in result.body
