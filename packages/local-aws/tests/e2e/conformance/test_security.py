"""Items 39 and 40: headers that are dropped, requests that are not believed."""

from __future__ import annotations

import pytest
from local_aws_tests.conformance import Site, Stage
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
def test_names_with_other_characters_are_dropped_if_asked_for(stage: Stage) -> None:
    sent = http("GET /a", "X_Under: 1", "X.Dot: 2", "X-Good-1: 3")
    kept = stage.site().event(sent)["headers"]
    assert (kept["x_under"], kept["x.dot"], kept["x-good-1"]) == ("1", "2", "3")
    left = stage.site("dropping", {DROP: "true"}).event(sent)["headers"]
    assert left["x-good-1"] == "3"
    assert not {"x_under", "x.dot"} & left.keys()


def answers(site: Site, sent: bytes) -> list[int]:
    """Statuses of all answers to a request and one more on the same connection."""
    with site.connection() as connection:
        connection.sendall(sent + LAST)
        received = b""
        while part := connection.recv(65_536):
            received += part
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def in_mode(stage: Stage, mode: str) -> Site:
    return stage.site() if mode == "defensive" else stage.site(f"desync-{mode}", {MODE: mode})


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
def test_the_mode_says_what_becomes_of_a_suspicious_request(
    stage: Stage, mode: str, sent: bytes, statuses: list[int]
) -> None:
    assert answers(in_mode(stage, mode), sent) == statuses


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
def test_a_request_whose_end_is_in_doubt_is_refused_in_every_mode(
    stage: Stage, mode: str, sent: bytes
) -> None:
    assert answers(in_mode(stage, mode), sent) == [400]
