from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_aws.load_balancer.configuration import Attributes, Listener
from local_aws.load_balancer.lambda_event import InvalidEventError, encode_event
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.target_headers import has_too_many_addresses, target_headers, trace_id
from local_aws_tests.load_balancer_models import API, listener, request


def built(sent: Request, *, multi_value: bool = False, on: Listener = API) -> dict[str, Any]:
    headers = target_headers(sent, on, trace_id(sent.value("x-amzn-trace-id")))
    payload = encode_event(sent, headers, target_group_arn="arn:group", multi_value=multi_value)
    document: dict[str, Any] = json.loads(payload)
    return document


def header(sent: Request, name: str, on: Listener = API) -> str | None:
    return dict(target_headers(sent, on, "Root=1")).get(name)


def test_an_event_has_the_keys_that_aws_documents() -> None:
    document = built(request("/api/foo", "a=1"))
    assert list(document) == [
        "requestContext",
        "httpMethod",
        "path",
        "queryStringParameters",
        "headers",
        "body",
        "isBase64Encoded",
    ]
    assert document["requestContext"] == {"elb": {"targetGroupArn": "arn:group"}}
    assert (document["httpMethod"], document["path"]) == ("GET", "/api/foo")
    assert (document["body"], document["isBase64Encoded"]) == ("", False)


def test_single_values_keep_the_last_of_repeated_names() -> None:
    sent = request(query="a=1&a=2", headers=(("x-a", "1"), ("x-a", "2")))
    document = built(sent)
    assert document["queryStringParameters"] == {"a": "2"}
    assert document["headers"]["x-a"] == "2"


def test_multi_values_replace_the_single_forms() -> None:
    sent = request(query="a=1&a=2&b", headers=(("x-a", "1"), ("x-a", "2")))
    document = built(sent, multi_value=True)
    assert document["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert document["multiValueHeaders"]["x-a"] == ["1", "2"]
    assert document["multiValueHeaders"]["x-forwarded-port"] == ["80"]
    assert not {"headers", "queryStringParameters"} & document.keys()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    st.lists(st.tuples(TEXTS, TEXTS), max_size=4),
    TEXTS,
    TEXTS,
    st.binary(max_size=8),
    st.booleans(),
)
def test_an_event_is_what_the_json_of_python_makes_of_it(
    headers: list[tuple[str, str]], path: str, query: str, body: bytes, multi_value: bool
) -> None:
    sent = request(path, query, headers=tuple(headers), body=body)
    payload = encode_event(
        sent, sent.headers, target_group_arn="arn:group", multi_value=multi_value
    )
    assert json.dumps(json.loads(payload), ensure_ascii=False).encode() == payload


def test_no_query_is_an_empty_object() -> None:
    assert built(request())["queryStringParameters"] == {}


@pytest.mark.parametrize(
    ("headers", "is_base64"),
    [
        ((("content-type", "application/json; charset=utf-8"),), False),
        ((("content-type", "text/csv"),), False),
        ((("content-type", "application/xml"),), False),
        ((("content-type", "application/javascript"),), False),
        ((("content-type", "application/x-www-form-urlencoded"),), True),
        ((("content-type", "application/octet-stream"),), True),
        ((("content-type", "text/plain"), ("content-encoding", "gzip")), True),
        ((), True),
    ],
)
def test_only_text_goes_into_an_event_as_it_is(
    headers: tuple[tuple[str, str], ...], is_base64: bool
) -> None:
    document = built(request(method="POST", headers=headers, body=b"a=1"))
    assert document["isBase64Encoded"] is is_base64
    assert document["body"] == (base64.b64encode(b"a=1").decode() if is_base64 else "a=1")


def test_text_and_headers_that_are_not_utf8_are_a_bad_request() -> None:
    text = request(method="POST", headers=(("content-type", "text/plain"),), body=b"\xff")
    name = request(headers=(("x-name", b"\xff".decode(errors="surrogateescape")),))
    for sent in (text, name):
        with pytest.raises(InvalidEventError):
            built(sent)


def test_the_load_balancers_own_headers_are_on_every_request() -> None:
    headers = built(request())["headers"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-port"] == "80"
    assert headers["x-forwarded-proto"] == "http"
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["x-amzn-trace-id"])


def test_a_client_cannot_forge_port_and_protocol() -> None:
    sent = request(headers=(("x-forwarded-proto", "https"), ("x-forwarded-port", "443")))
    assert header(sent, "x-forwarded-proto") == "http"
    assert header(sent, "x-forwarded-port") == "80"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (Attributes(), "1.1.1.1, 2001:db8::1"),
        (Attributes(xff_mode="preserve"), "1.1.1.1"),
        (Attributes(xff_mode="remove"), None),
    ],
)
def test_forwarded_for_is_appended_preserved_or_removed(
    attributes: Attributes, expected: str | None
) -> None:
    sent = request(headers=(("x-forwarded-for", "1.1.1.1"),), peer="2001:db8::1")
    value = header(sent, "x-forwarded-for", listener(attributes=attributes))
    assert value == (expected.replace("2001:db8::1", "[2001:db8::1]") if expected else None)


def test_forwarded_for_can_hold_the_clients_port() -> None:
    on = listener(attributes=Attributes(xff_client_port=True))
    assert header(request(), "x-forwarded-for", on) == "127.0.0.1:50000"


@pytest.mark.parametrize(("count", "expected"), [(30, False), (31, True)])
def test_more_than_thirty_forwarders_are_too_many(count: int, expected: bool) -> None:
    value = ", ".join(["1.1.1.1"] * count)
    assert has_too_many_addresses(request(headers=(("x-forwarded-for", value),))) is expected


@pytest.mark.parametrize(
    ("host", "port", "preserve", "expected"),
    [
        ("a.com:80", 80, False, "a.com"),
        ("a.com:80", 80, True, "a.com:80"),
        ("a.com:8080", 80, False, "a.com:8080"),
        ("a.com", 81, False, "a.com:81"),
        ("a.com", 81, True, "a.com"),
        ("a.com:81", 81, False, "a.com:81"),
        ("[::1]", 81, False, "[::1]:81"),
    ],
)
def test_the_host_shows_a_port_only_if_it_is_not_the_default(
    host: str, port: int, preserve: bool, expected: str
) -> None:
    on = listener(port=port, attributes=Attributes(preserve_host_header=preserve))
    assert header(request(headers=(("host", host),)), "host", on) == expected


def test_headers_of_the_connection_stay_behind() -> None:
    sent = request(headers=(("connection", "keep-alive"), ("transfer-encoding", "chunked")))
    assert header(sent, "connection") is None
    assert header(sent, "transfer-encoding") is None


def test_invalid_header_names_are_dropped_only_on_request() -> None:
    sent = request(headers=(("x_under", "1"),))
    assert header(sent, "x_under") == "1"
    on = listener(attributes=Attributes(drop_invalid_headers=True))
    assert header(sent, "x_under", on) is None


SELF = r"Self=1-[0-9a-f]{8}-[0-9a-f]{24}"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Root=1-67891233-abc", rf"{SELF};Root=1-67891233-abc"),
        ("Self=1-1-1;Root=1-2-2;Sampled=1", rf"{SELF};Root=1-2-2;Sampled=1"),
        ("CalledFrom=app", r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};CalledFrom=app"),
    ],
)
def test_a_trace_keeps_its_root_and_own_fields(sent: str, expected: str) -> None:
    assert re.fullmatch(expected, trace_id(sent))
