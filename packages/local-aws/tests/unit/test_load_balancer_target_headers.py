"""Headers of targets, where the conformance tests do not show them."""

from __future__ import annotations

import pytest
from local_aws.load_balancer.configuration import Attributes
from local_aws.load_balancer.request import Request, split_target
from local_aws.load_balancer.target_headers import target_headers
from local_aws_tests.load_balancer_models import API, listener, request


def header(sent: Request, name: str) -> str | None:
    return dict(target_headers(sent, API, "Root=1")).get(name)


def test_an_ipv6_address_has_brackets_in_x_forwarded_for() -> None:
    sent = request(headers=(("x-forwarded-for", "1.1.1.1"),), peer="2001:db8::1")
    assert header(sent, "x-forwarded-for") == "1.1.1.1, [2001:db8::1]"


@pytest.mark.parametrize(
    ("host", "preserve", "expected"),
    [("[::1]", False, "[::1]:81"), ("a.com:81", False, "a.com:81"), ("a.com", True, "a.com")],
)
def test_the_host_gets_the_port_of_the_listener(host: str, preserve: bool, expected: str) -> None:
    sent = request(headers=(("host", host),))
    on = listener(port=81, attributes=Attributes(preserve_host_header=preserve))
    assert dict(target_headers(sent, on, "Root=1"))["host"] == expected


def test_headers_of_the_connection_are_not_passed_on() -> None:
    sent = request(headers=(("connection", "keep-alive"), ("transfer-encoding", "chunked")))
    assert header(sent, "connection") is None
    assert header(sent, "transfer-encoding") is None


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a?b=1?2", ("/a", "b=1?2")),
        ("http://host/a?b", ("/a", "b")),
        ("http://host", ("/", "")),
        ("*", ("*", "")),
        ("/a?next=http://b/c", ("/a", "next=http://b/c")),
    ],
)
def test_a_request_target_has_a_path_and_a_query(target: str, expected: tuple[str, str]) -> None:
    assert split_target(target) == expected
