"""Items 1 to 12: events."""

from __future__ import annotations

import base64
import re

import pytest
from local_aws_tests.conformance import Balancers, read_to_end
from local_aws_tests.raw_http import http

XFF = "routing.http.xff_header_processing.mode"


def posted(balancers: Balancers, body: bytes, *headers: str) -> tuple[str, bool]:
    """Return ``body`` and ``isBase64Encoded`` of the event for a body with these headers."""
    length = f"Content-Length: {len(body)}"
    event = balancers.listener().event(http("POST /a", *headers, length, body=body))
    return event["body"], event["isBase64Encoded"]


@pytest.mark.item(1)
def test_an_event_has_exactly_the_documented_keys(balancers: Balancers) -> None:
    event = balancers.listener().event(http("GET /a?b=c"))
    assert event.keys() == {
        "requestContext",
        "httpMethod",
        "path",
        "queryStringParameters",
        "headers",
        "body",
        "isBase64Encoded",
    }
    group = balancers.elb.describe_target_groups(Names=["plain"])["TargetGroups"][0]
    assert event["requestContext"] == {"elb": {"targetGroupArn": group["TargetGroupArn"]}}
    assert event["httpMethod"] == "GET"


@pytest.mark.item(2)
def test_multi_value_fields_replace_the_single_ones(balancers: Balancers) -> None:
    listener = balancers.listener("multi", multi_value=True)
    event = listener.event(http("GET /a?b=1&b=2&c", "X-A: 1", "x-a: 2"))
    assert event["multiValueQueryStringParameters"] == {"b": ["1", "2"], "c": [""]}
    assert event["multiValueHeaders"]["x-a"] == ["1", "2"]
    assert not {"headers", "queryStringParameters"} & event.keys()


@pytest.mark.item(3)
def test_the_last_of_several_values_counts(balancers: Balancers) -> None:
    event = balancers.listener().event(http("GET /a?b=1&b=2", "X-A: 1", "X-A: 2"))
    assert event["queryStringParameters"] == {"b": "2"}
    assert event["headers"]["x-a"] == "2"


@pytest.mark.item(4)
@pytest.mark.parametrize(
    ("target", "query"),
    [
        ("/a", {}),
        ("/a?", {}),
        ("/a?%62=%20c+d", {"%62": "%20c+d"}),
        ("/a?b=1&&c&d=e=f&", {"b": "1", "c": "", "d": "e=f"}),
    ],
)
def test_the_query_is_not_decoded(balancers: Balancers, target: str, query: dict[str, str]) -> None:
    assert balancers.listener().event(http(f"GET {target}"))["queryStringParameters"] == query


@pytest.mark.item(5)
@pytest.mark.parametrize("path", ["/%61%2Fb", "//a//b", "/a/../b/./c", "/é", "/a;b=c", "/a%zz"])
def test_the_path_is_passed_as_sent(balancers: Balancers, path: str) -> None:
    assert balancers.listener().event(http(f"GET {path}"))["path"] == path


@pytest.mark.item(6)
def test_header_names_are_in_lower_case(balancers: Balancers) -> None:
    headers = balancers.listener().event(http("GET /a", "X-MiXeD: Value"))["headers"]
    assert headers["x-mixed"] == "Value"
    assert all(name == name.lower() for name in headers)


@pytest.mark.item(7)
def test_every_request_has_the_headers_of_the_load_balancer(balancers: Balancers) -> None:
    headers = balancers.listener().event(
        http("GET /a", "X-Forwarded-Port: 9", "X-Forwarded-Proto: x")
    )["headers"]
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["x-amzn-trace-id"])
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-port"] == "80"
    assert headers["x-forwarded-proto"] == "http"


@pytest.mark.item(8)
def test_x_forwarded_for_is_appended_preserved_or_removed(balancers: Balancers) -> None:
    def forwarded(mode: str) -> str | None:
        listener = (
            balancers.listener() if mode == "append" else balancers.listener(mode, {XFF: mode})
        )
        headers = listener.event(http("GET /a", "X-Forwarded-For: 192.0.2.1"))["headers"]
        found: str | None = headers.get("x-forwarded-for")
        return found

    assert forwarded("append") == "192.0.2.1, 127.0.0.1"
    assert forwarded("preserve") == "192.0.2.1"
    assert forwarded("remove") is None


@pytest.mark.item(8)
def test_x_forwarded_for_may_have_the_clients_port(balancers: Balancers) -> None:
    listener = balancers.listener("xff-port", {"routing.http.xff_client_port.enabled": "true"})
    with listener.connection() as connection:
        connection.sendall(http("GET /a"))
        port = connection.getsockname()[1]
        received = read_to_end(connection)
    assert f'"127.0.0.1:{port}"'.encode() in received.replace(b"\\", b"")


@pytest.mark.item(8)
def test_more_than_thirty_addresses_are_a_463(balancers: Balancers) -> None:
    def status(count: int) -> int:
        return (
            balancers.listener()
            .get("/a", f"X-Forwarded-For: {', '.join(['192.0.2.1'] * count)}")
            .status
        )

    assert (status(30), status(31)) == (200, 463)


@pytest.mark.item(9)
@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        (None, "Root=NEW"),
        ("a=b", "Root=NEW;a=b"),
        ("Root=1-678-abc", "Self=NEW;Root=1-678-abc"),
        ("Self=1-1-1;Root=1-2-2;a=b", "Self=NEW;Root=1-2-2;a=b"),
    ],
)
def test_the_trace_id_keeps_its_root_and_gets_a_self(
    balancers: Balancers, sent: str | None, passed: str
) -> None:
    headers = [] if sent is None else [f"X-Amzn-Trace-Id: {sent}"]
    got = balancers.listener().event(http("GET /a", *headers))["headers"]["x-amzn-trace-id"]
    new = re.escape(passed).replace("NEW", "1-[0-9a-f]{8}-[0-9a-f]{24}")
    assert re.fullmatch(new, got)


@pytest.mark.item(10)
@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/csv; charset=utf-8",
        "application/json",
        "application/javascript",
        "Application/XML",
    ],
)
def test_a_text_body_is_passed_as_text(balancers: Balancers, kind: str) -> None:
    assert posted(balancers, "é".encode(), f"Content-Type: {kind}") == ("é", False)


@pytest.mark.item(10)
@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Type: application/x-www-form-urlencoded"],
        ["Content-Type: application/octet-stream"],
        ["Content-Type: application/vnd.api+json"],
        ["Content-Type: text/plain", "Content-Encoding: gzip"],
        [],
    ],
)
def test_any_other_body_is_base64(balancers: Balancers, headers: list[str]) -> None:
    assert posted(balancers, b"a=b", *headers) == (base64.b64encode(b"a=b").decode(), True)


@pytest.mark.item(10)
def test_a_request_without_a_body_has_an_empty_one(balancers: Balancers) -> None:
    assert posted(balancers, b"", "Content-Type: application/octet-stream") == ("", False)


@pytest.mark.item(11)
@pytest.mark.parametrize(
    ("port", "preserve", "sent", "passed"),
    [
        (80, "false", "a.example:80", "a.example"),
        (80, "false", "a.example", "a.example"),
        (8443, "false", "a.example", "a.example:8443"),
        (8443, "false", "a.example:99", "a.example:99"),
        (8443, "true", "a.example", "a.example"),
        (80, "true", "a.example:80", "a.example:80"),
    ],
)
def test_the_host_gets_the_port_of_the_listener(
    balancers: Balancers, port: int, preserve: str, sent: str, passed: str
) -> None:
    attributes = {"routing.http.preserve_host_header.enabled": preserve}
    name = "plain" if (port, preserve) == (80, "false") else f"host-{port}-{preserve}"
    listener = balancers.listener(name, attributes, port=port)
    request = f"GET /a HTTP/1.1\r\nHost: {sent}\r\nConnection: close\r\n\r\n"
    assert listener.event(request.encode())["headers"]["host"] == passed


@pytest.mark.item(12)
@pytest.mark.parametrize(
    "sent",
    [
        http("GET /a", "X-A: @").replace(b"@", b"\xff"),
        http("POST /a", "Content-Type: text/plain", "Content-Length: 1", body=b"\xff"),
    ],
)
def test_headers_and_text_bodies_that_are_not_utf_8_are_a_400(
    balancers: Balancers, sent: bytes
) -> None:
    assert balancers.listener().send(sent).status == 400
    assert "LambdaBadRequest" in balancers.plane.log.read_text()
