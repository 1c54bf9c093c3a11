"""Responses of functions and of actions, where the conformance tests do not show them."""

from __future__ import annotations

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
from local_aws_tests.load_balancer_models import API, FUNCTION, forward, listener, request, rule

Done = Callable[[Outcome], None]


def decode(response: Any) -> Response:
    return decode_response(json.dumps(response).encode(), multi_value=False)


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
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
        {"statusCode": 200, "body": "\ud800"},
        {"statusCode": 200, "isBase64Encoded": "true"},
        {"statusCode": 200, "statusDescription": "200 OK\r\nX-Evil: 1"},
        {"statusCode": 200, "headers": {"x-a": "1\r\nx-evil: 2"}},
        {"statusCode": 200, "headers": {"x-a": "\ud800"}},
        {"statusCode": 200, "headers": {"x a": "1"}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"x-long": "x" * 33_000}},
    ],
)
def test_a_malformed_response_is_refused(response: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        decode(response)
    assert caught.value.reason is Reason.INVALID_RESPONSE


@pytest.mark.parametrize("payload", [b"5", b"[]", b"null", b"not json", b"", b"\xff"])
def test_a_response_that_is_not_an_object_is_refused(payload: bytes) -> None:
    with pytest.raises(InvalidResponseError):
        decode_response(payload, multi_value=False)


def test_a_response_over_a_megabyte_has_its_own_reason() -> None:
    with pytest.raises(InvalidResponseError) as caught:
        decode({"statusCode": 200, "body": "x" * 1_048_576})
    assert caught.value.reason is Reason.RESPONSE_TOO_LARGE


class Functions:
    """Answers every invocation with one outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.arns: list[str] = []

    def invoke(
        self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
    ) -> None:
        assert json.loads(payload)["headers"]["x-amzn-trace-id"] == trace_id
        self.arns.append(arn)
        done(self.outcome)


def handle(sent: Request, outcome: Outcome | None = None, on: Listener = API) -> Response:
    functions = Functions(outcome or Answered(b'{"statusCode": 200}'))
    responses: list[Response] = []
    RequestHandler(on, functions, {}).handle(sent, lambda response, *_: responses.append(response))
    assert functions.arns in ([], [FUNCTION])
    (response,) = responses
    return response


@pytest.mark.parametrize(
    "outcome",
    [
        Failed(Reason.UNHANDLED, "ValueError: secret"),
        Failed(Reason.THROTTLING, "secret"),
        Failed(Reason.ACCESS_DENIED, "secret"),
        Answered(b'"secret"'),
    ],
)
def test_a_failure_of_a_function_is_a_502_without_details(outcome: Outcome) -> None:
    response = handle(request("/health"), outcome)
    assert response.status == 502
    assert response.error_reason is not None
    assert b"secret" not in response.body


def test_a_websocket_cannot_reach_a_function() -> None:
    sent = request("/health", headers=(("upgrade", "websocket"),))
    assert handle(sent).error_reason == Reason.WEBSOCKET


def test_an_unsupported_feature_is_a_501_that_names_it() -> None:
    response = handle(request(), on=listener(rule(None, Unsupported("the action jwt-validation"))))
    assert response.status == 501
    assert b"does not support the action jwt-validation." in response.body


def test_a_target_group_without_targets_is_a_503() -> None:
    empty = listener(rule(None, forward(TargetGroup("arn:empty", "lambda", ()))))
    assert handle(request(), on=empty).status == 503


@pytest.mark.parametrize(("status", "length"), [(301, 134), (302, 110)])
def test_the_page_of_a_redirect_is_as_long_as_on_aws(status: int, length: int) -> None:
    action = Redirect(status, "HTTPS", "#{host}", "443", "/#{path}", "#{query}")
    page = redirect(action, request("/a"), API, {}).body
    assert len(page) == length
    assert f"<title>{status} ".encode() in page
