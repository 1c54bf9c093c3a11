"""Items 39 and 40: invalid headers and desync mitigation."""

from __future__ import annotations

import pytest
from local_aws_tests.conformance import Balancers, ServedListener, read_to_end
from local_aws_tests.raw_http import http

DROP = "routing.http.drop_invalid_header_fields.enabled"
MODE = "routing.http.desync_mitigation_mode"

SEVERE = http("POST /a", "Content-Length: 1", "Content-Length: 2", body=b"ab")
AMBIGUOUS = http(
    "POST /a", "Content-Length: 9", "Transfer-Encoding: chunked", body=b"0\r\n\r\n", close=False
)
ACCEPTABLE = http("GET /a b", close=False)
COMPLIANT = http("GET /a", close=False)
LAST = http("GET /last")


@pytest.mark.item(39)
def test_headers_with_invalid_names_may_be_dropped(balancers: Balancers) -> None:
    sent = http("GET /a", "X_Under: 1", "X.Dot: 2", "X-Good-1: 3")
    kept = balancers.listener().event(sent)["headers"]
    assert (kept["x_under"], kept["x.dot"], kept["x-good-1"]) == ("1", "2", "3")
    left = balancers.listener("dropping", {DROP: "true"}).event(sent)["headers"]
    assert left["x-good-1"] == "3"
    assert not {"x_under", "x.dot"} & left.keys()


def statuses_of(listener: ServedListener, sent: bytes) -> list[int]:
    """Return the statuses of all responses to a request and another on the same connection."""
    with listener.connection() as connection:
        connection.sendall(sent + LAST)
        received = read_to_end(connection)
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def in_mode(balancers: Balancers, mode: str) -> ServedListener:
    return (
        balancers.listener()
        if mode == "defensive"
        else balancers.listener(f"desync-{mode}", {MODE: mode})
    )


@pytest.mark.item(40)
@pytest.mark.parametrize(
    ("mode", "sent", "statuses"),
    [
        ("monitor", COMPLIANT, [200, 200]),
        ("monitor", ACCEPTABLE, [200, 200]),
        ("monitor", AMBIGUOUS, [200, 200]),
        ("defensive", COMPLIANT, [200, 200]),
        ("defensive", ACCEPTABLE, [200, 200]),
        ("defensive", AMBIGUOUS, [200]),
        ("defensive", SEVERE, [400]),
        ("strictest", COMPLIANT, [200, 200]),
        ("strictest", ACCEPTABLE, [400]),
        ("strictest", AMBIGUOUS, [400]),
        ("strictest", SEVERE, [400]),
    ],
)
def test_the_desync_mode_decides_about_a_suspicious_request(
    balancers: Balancers, mode: str, sent: bytes, statuses: list[int]
) -> None:
    assert statuses_of(in_mode(balancers, mode), sent) == statuses


@pytest.mark.item(40)
@pytest.mark.parametrize("mode", ["monitor", "defensive", "strictest"])
@pytest.mark.parametrize(
    "sent",
    [
        SEVERE,
        http("POST /a", "Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
        http("GET /a", "X-A: 1\n X-B: 2"),
        http("GET /a", "X-A: 1\r\n folded"),
        http("GET /a", "X A: 1"),
        http("GET /a", "X-A : 1"),
        http("GET /a").replace(b"\r\n", b"\n"),
    ],
)
def test_a_request_with_an_ambiguous_end_is_refused_in_every_mode(
    balancers: Balancers, mode: str, sent: bytes
) -> None:
    assert statuses_of(in_mode(balancers, mode), sent) == [400]
