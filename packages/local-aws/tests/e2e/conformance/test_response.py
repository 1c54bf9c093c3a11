"""Items 13 to 18: responses of functions."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from local_aws_tests.conformance import Balancers, path_responding
from local_aws_tests.raw_http import Reply, http


def reply_to(balancers: Balancers, response: Any) -> Reply:
    return balancers.listener().get(path_responding(response))


@pytest.mark.item(13)
def test_a_status_code_is_enough(balancers: Balancers) -> None:
    reply = reply_to(balancers, {"statusCode": 200})
    assert (reply.line, reply.body) == ("HTTP/1.1 200 OK", b"")
    assert reply.headers["content-length"] == "0"


@pytest.mark.item(13)
def test_a_body_may_be_base64(balancers: Balancers) -> None:
    body = base64.b64encode(b"\x00\xff").decode()
    response = {"statusCode": 201, "isBase64Encoded": True, "body": body}
    assert reply_to(balancers, response).body == b"\x00\xff"


@pytest.mark.item(14)
@pytest.mark.parametrize(
    "response",
    [
        {"statusCode": "200"},
        {"body": "a"},
        {"statusCode": 200, "headers": {"x-a": 1}},
        {"statusCode": 200, "headers": {"x-a": None}},
        {"statusCode": 200, "body": None},
        {"statusCode": 200, "statusDescription": None},
        {"statusCode": 200, "body": {"a": "b"}},
        {"statusCode": 700},
        None,
        "text",
        [200],
    ],
)
def test_a_malformed_response_is_a_502(balancers: Balancers, response: Any) -> None:
    path = path_responding(response)
    assert balancers.listener().get(path).status == 502
    lines = [line for line in balancers.plane.log.read_text().splitlines() if f"{path}:" in line]
    assert lines
    assert all("502 LambdaInvalidResponse" in line for line in lines)


@pytest.mark.item(15)
@pytest.mark.parametrize(
    ("description", "line"),
    [("200 Fine by me", "HTTP/1.1 200 Fine by me"), ("Fine", "HTTP/1.1 200 OK")],
)
def test_the_reason_phrase_is_that_of_the_status_description(
    balancers: Balancers, description: str, line: str
) -> None:
    response = {"statusCode": 200, "statusDescription": description}
    assert reply_to(balancers, response).line == line


@pytest.mark.item(16)
def test_the_target_group_decides_between_single_and_multi_value_headers(
    balancers: Balancers,
) -> None:
    both = {
        "statusCode": 200,
        "headers": {"x-a": "single"},
        "multiValueHeaders": {"x-a": ["first", "second"]},
    }
    assert reply_to(balancers, both).headers["x-a"] == "single"
    multi = balancers.listener("multi", multi_value=True).get(path_responding(both))
    assert [value for name, value in multi.pairs if name == "x-a"] == ["first", "second"]


@pytest.mark.item(17)
def test_a_function_cannot_set_headers_of_the_connection(balancers: Balancers) -> None:
    headers = {
        "Connection": "upgrade",
        "Content-Length": "99",
        "Keep-Alive": "timeout=9",
        "Transfer-Encoding": "chunked",
        "Upgrade": "h2c",
        "X-A": "kept",
    }
    reply = reply_to(balancers, {"statusCode": 200, "headers": headers, "body": "body"})
    assert reply.body == b"body"
    assert (reply.headers["content-length"], reply.headers["connection"]) == ("4", "close")
    assert reply.headers["x-a"] == "kept"
    assert not {"keep-alive", "transfer-encoding", "upgrade"} & reply.headers.keys()


@pytest.mark.item(17)
def test_head_invokes_the_function_and_sends_no_body(balancers: Balancers) -> None:
    path = path_responding({"statusCode": 418, "body": "teapot"})
    reply = balancers.listener().send(http(f"HEAD {path}"))
    assert (reply.status, reply.body) == (418, b"")
    assert reply.headers["content-length"] == "6"


@pytest.mark.item(18)
@pytest.mark.parametrize(
    ("sent", "title"),
    [
        (http("GET /raise"), b"502 Bad Gateway"),
        (http("TRACE /a"), b"405 Method Not Allowed"),
        (b"nonsense\r\n\r\n", b"400 Bad Request"),
    ],
)
def test_errors_of_the_load_balancer_are_an_html_page(
    balancers: Balancers, sent: bytes, title: bytes
) -> None:
    reply = balancers.listener().send(sent)
    assert (reply.headers["server"], reply.headers["content-type"]) == ("awselb/2.0", "text/html")
    assert b"<h1>" + title + b"</h1>" in reply.body
    assert b"Traceback" not in reply.body


@pytest.mark.item(18)
def test_a_function_may_replace_the_server_header(balancers: Balancers) -> None:
    assert reply_to(balancers, {"statusCode": 200}).headers["server"] == "awselb/2.0"
    mine = {"statusCode": 200, "headers": {"Server": "mine"}}
    assert reply_to(balancers, mine).headers["server"] == "mine"
    assert balancers.default_listener().get("/a").headers["server"] == "awselb/2.0"
