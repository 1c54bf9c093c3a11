from __future__ import annotations

import asyncio
import gzip
import shlex
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest
import uvloop
from local_aws.cloudwatch import (
    access_log_delivery as log_delivery,
)
from local_aws.cloudwatch import (
    connection_log,
)
from local_aws.cloudwatch import (
    log_entries as access_log,
)
from local_aws.cloudwatch.access_log_delivery import LogDelivery, LogName
from local_aws.cloudwatch.resource_ids import Kind, file_key
from local_aws.load_balancer.configuration import LogDestination, Redirect, Transform
from local_aws.load_balancer.desync import ClassificationReason
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Response, error_page
from local_aws.load_balancer.rules import BlockedByWebAcl, InvokeFunction, NoTarget, RoutingDecision
from local_aws_tests.completed_requests import (
    ACCOUNT,
    API,
    BALANCER,
    CLIENT,
    GROUP,
    TRACE,
    completed,
    failed,
    not_found,
    unreadable,
)
from local_aws_tests.load_balancer_models import FUNCTION, forward, request, rule

FIELDS = [
    "type",
    "time",
    "elb",
    "client:port",
    "target:port",
    "request_processing_time",
    "target_processing_time",
    "response_processing_time",
    "elb_status_code",
    "target_status_code",
    "received_bytes",
    "sent_bytes",
    "request",
    "user_agent",
    "ssl_cipher",
    "ssl_protocol",
    "target_group_arn",
    "trace_id",
    "domain_name",
    "chosen_cert_arn",
    "matched_rule_priority",
    "request_creation_time",
    "actions_executed",
    "redirect_url",
    "error_reason",
    "target:port_list",
    "target_status_code_list",
    "classification",
    "classification_reason",
    "conn_trace_id",
    "transformed_host",
    "transformed_uri",
    "request_transform_status",
]


def line(of: Any, *, has_firewall: bool = False) -> str:
    return access_log.entry(of, BALANCER, has_firewall=has_firewall)


def fields(of: Any, *, has_firewall: bool = False) -> dict[str, str]:
    return dict(zip(FIELDS, shlex.split(line(of, has_firewall=has_firewall)), strict=True))


def test_a_functions_answer_has_every_field() -> None:
    assert line(completed()) == (
        "http 2023-11-14T22:13:20.262300Z app/lb/50dc6c495c0c9188 192.0.2.1:50000 - "
        '0.000 0.012 0.000 200 200 34 366 "GET http://www.example.com:80/api/foo HTTP/1.1" "-" '
        f'- - {GROUP.arn} "{TRACE}" "-" "-" 20 2023-11-14T22:13:20.250000Z "forward" "-" "-" '
        '"-" "-" "-" "-" TID_7d15a1935077a44b91952330c3dc3ed8 "-" "-" "-"'
    )


def test_what_could_not_be_read_has_only_its_connection() -> None:
    finding = ClassificationReason.BAD_VERSION
    assert line(unreadable(classification_reason=finding)) == (
        "http 2023-11-14T22:13:20.262300Z app/lb/50dc6c495c0c9188 192.0.2.1:50000 - "
        '-1 -1 -1 400 - 0 272 "- http://lb.eu-west-1.elb.amazonaws.com:80- -" "-" - - - '
        '"-" "-" "-" - 2023-11-14T22:13:20.250000Z "-" "-" "-" "-" "-" "Severe" "BadVersion" '
        'TID_7d15a1935077a44b91952330c3dc3ed8 "-" "-" "-"'
    )


def test_an_answer_of_the_default_rule_has_priority_0_and_no_times() -> None:
    found = fields(not_found())
    times = [found[f"{each}_processing_time"] for each in ("request", "target", "response")]
    assert times == ["-1", "-1", "-1"]
    assert (found["elb_status_code"], found["target_status_code"]) == ("404", "-")
    assert (found["matched_rule_priority"], found["target_group_arn"]) == ("0", "-")
    assert found["actions_executed"] == "fixed-response"
    assert found["trace_id"].startswith("Root=1-")


@pytest.mark.parametrize("reason", ["LambdaInvalidResponse", "LambdaUnhandled", "LambdaThrottling"])
def test_a_function_that_failed_is_named_with_its_reason(reason: str) -> None:
    found = fields(failed(reason))
    assert (found["elb_status_code"], found["target_status_code"]) == ("502", "-")
    assert (found["error_reason"], found["actions_executed"]) == (reason, "forward")
    assert (found["target_processing_time"], found["trace_id"]) == ("0.012", TRACE)


def test_a_request_that_no_event_can_hold_was_not_dispatched() -> None:
    found = fields(failed("LambdaBadRequest", 400, trace_id=None))
    assert (found["target_processing_time"], found["error_reason"]) == ("-1", "LambdaBadRequest")


def test_a_redirect_says_where_to() -> None:
    redirect = Redirect(301, "HTTPS", "#{host}", "443", "/#{path}", "#{query}")
    decision = RoutingDecision(rule(5, redirect), redirect)
    answer = Response(301, (("Location", "https://www.example.com:443/api/foo"),))
    found = fields(completed(decision=decision, trace_id=None, response=answer))
    assert found["redirect_url"] == "https://www.example.com:443/api/foo"
    assert (found["actions_executed"], found["matched_rule_priority"]) == ("redirect", "5")


def test_a_group_without_targets_is_named_all_the_same() -> None:
    empty = replace(GROUP, target_ids=())
    decision = RoutingDecision(rule(7, forward(empty)), NoTarget())
    found = fields(completed(decision=decision, trace_id=None, response=error_page(503)))
    assert (found["target_group_arn"], found["actions_executed"]) == (GROUP.arn, "forward")
    assert (found["elb_status_code"], found["target_status_code"]) == ("503", "-")


def test_what_a_rule_rewrites_is_there_beside_what_was_sent() -> None:
    transforms = (Transform("url-rewrite", (("^/api/(.*)", "/v1/$1"),)),)
    changing = replace(rule(7, forward(GROUP)), transforms=transforms)
    found = fields(completed(decision=RoutingDecision(changing, InvokeFunction(GROUP, FUNCTION))))
    assert found["request"] == "GET http://www.example.com:80/api/foo HTTP/1.1"
    assert (found["transformed_host"], found["transformed_uri"]) == ("-", "/v1/foo")
    assert found["request_transform_status"] == "TransformSuccess"


def test_what_a_firewall_blocks_met_no_rule() -> None:
    blocked = completed(
        decision=RoutingDecision(None, BlockedByWebAcl()), trace_id=None, response=error_page(403)
    )
    found = fields(blocked, has_firewall=True)
    assert (found["elb_status_code"], found["actions_executed"]) == ("403", "waf")
    assert (found["matched_rule_priority"], found["target_group_arn"]) == ("-", "-")


def test_behind_a_firewall_every_request_has_passed_it() -> None:
    assert fields(completed(), has_firewall=True)["actions_executed"] == "waf,forward"
    assert fields(not_found(), has_firewall=True)["actions_executed"] == "waf,fixed-response"
    assert fields(unreadable(), has_firewall=True)["actions_executed"] == "-"


def test_a_rule_that_could_not_be_evaluated_is_minus_one() -> None:
    broken = completed(decision=None, trace_id=None, response=error_page(500, close=True))
    assert fields(broken)["matched_rule_priority"] == "-1"


@pytest.mark.parametrize(
    ("classification_reason", "classification"),
    [
        (None, "-"),
        (ClassificationReason.SPACE_IN_URI, "Acceptable"),
        (ClassificationReason.BOTH_TE_CL_PRESENT, "Ambiguous"),
        (ClassificationReason.BAD_HEADER, "Severe"),
    ],
)
def test_what_does_not_comply_is_classified(
    classification_reason: ClassificationReason | None, classification: str
) -> None:
    found = fields(completed(classification_reason=classification_reason))
    assert (found["classification"], found["classification_reason"]) == (
        classification,
        classification_reason or "-",
    )


def sent(**headers: str) -> Request:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return request("/a", "q=1&r", headers=pairs)


def test_the_request_line_has_the_listeners_port_and_the_raw_query() -> None:
    found = fields(completed(request=sent(host="127.0.0.1:8080"), version="HTTP/1.0"))
    assert found["request"] == "GET http://127.0.0.1:80/a?q=1&r HTTP/1.0"


def test_a_request_without_a_host_is_one_to_the_load_balancer() -> None:
    found = fields(completed(request=sent()))
    assert found["request"] == "GET http://lb.eu-west-1.elb.amazonaws.com:80/a?q=1&r HTTP/1.1"


@pytest.mark.parametrize(
    ("agent", "written"),
    [
        ("curl/8.5.0", "curl/8.5.0"),
        ('a "b" c', r"a \x22b\x22 c"),
        ("back\\slash", r"back\x5Cslash"),
        ("tab\there", r"tab\x09here"),
        ("é", r"\xC3\xA9"),
        ("\udcff", r"\xFF"),
        ("", "-"),
    ],
)
def test_what_could_be_taken_for_something_else_is_escaped(agent: str, written: str) -> None:
    assert f'"{written}" - -' in line(completed(request=sent(user_agent=agent)))


def test_a_user_agent_is_cut_at_8_kb() -> None:
    assert f'"{"a" * 8192}" - -' in line(completed(request=sent(user_agent="a" * 10_000)))


def test_a_connection_without_tls_has_no_field_of_it() -> None:
    client = replace(CLIENT, address=ip_address("2001:db8::1"))
    assert connection_log.entry(API, client, 1_700_000_000.5) == (
        "2023-11-14T22:13:20.500000Z 2001:db8::1 50000 80 - - - "
        '"-" - - - TID_7d15a1935077a44b91952330c3dc3ed8'
    )


END = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("prefix", "kind", "key"),
    [
        ("", Kind.ACCESS, "AWSLogs/{0}/elasticloadbalancing/eu-west-1/2026/11/24/{0}"),
        (
            "a/b",
            Kind.CONNECTIONS,
            "a/b/AWSLogs/{0}/elasticloadbalancing/eu-west-1/2026/11/24/conn_log.{0}",
        ),
    ],
)
def test_a_file_is_named_as_on_aws(prefix: str, kind: Kind, key: str) -> None:
    assert file_key(BALANCER, prefix, kind, END, END, "20sg8hgm") == (
        key.format(ACCOUNT) + "_elasticloadbalancing_eu-west-1_app.lb.50dc6c495c0c9188"
        "_20261124T1205Z_127.0.0.1_20sg8hgm.log.gz"
    )


class Files:
    """A store of files that may be away."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], list[str]] = {}
        self.failure: str | None = None

    def put(self, bucket: str, key: str, content: bytes) -> None:
        if self.failure is not None:
            raise OSError(self.failure)
        self.found[bucket, key] = gzip.decompress(content).decode().splitlines()

    @property
    def lines(self) -> list[str]:
        return [line for lines in self.found.values() for line in lines]


NAME = LogName(BALANCER, Kind.ACCESS, LogDestination("logs", "p"))
NOON = 1_700_049_600.0


def deliver(scenario: Callable[[LogDelivery], Coroutine[Any, Any, None]], files: Files) -> None:
    async def run() -> None:
        delivery = LogDelivery(files)
        delivery.balancers = frozenset({BALANCER})
        await scenario(delivery)

    uvloop.run(run())


def test_lines_wait_for_the_end_of_the_interval_and_its_file_is_named_after_it() -> None:
    files = Files()

    async def scenario(delivery: LogDelivery) -> None:
        delivery.log(NAME).write("one")
        delivery.log(NAME).write("two")
        assert files.found == {}
        await delivery.deliver(NOON + 1)
        await delivery.deliver(NOON + 2)

    deliver(scenario, files)
    (((bucket, key), lines),) = files.found.items()
    assert (bucket, lines) == ("logs", ["one", "two"])
    assert key.startswith("p/AWSLogs/")
    assert "_20231115T1205Z_" in key


def test_what_is_left_at_the_end_is_delivered() -> None:
    files = Files()

    async def scenario(delivery: LogDelivery) -> None:
        delivery.start()
        delivery.log(NAME).write("one")
        await delivery.close()

    deliver(scenario, files)
    assert files.lines == ["one"]


def test_lines_that_do_not_arrive_are_held_in_their_order(
    caplog: pytest.LogCaptureFixture,
) -> None:
    files = Files()

    async def scenario(delivery: LogDelivery) -> None:
        files.failure = "Access Denied"
        for number in range(3):
            delivery.log(NAME).write(str(number))
            await delivery.deliver(NOON)
        files.failure = None
        await delivery.deliver(NOON)

    with caplog.at_level("INFO"):
        deliver(scenario, files)
    assert files.lines == ["0", "1", "2"]
    denied, again = caplog.messages
    assert denied.endswith("cannot be written to s3://logs/p: Access Denied")
    assert again.endswith("is delivered again")


def test_memory_ends_where_nothing_arrives(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log_delivery, "HELD_BYTES", 100)
    files = Files()

    async def scenario(delivery: LogDelivery) -> None:
        files.failure = "away"
        for _ in range(100):
            delivery.log(NAME).write("123456789")
        await delivery.deliver(NOON)
        files.failure = None
        await delivery.deliver(NOON)

    deliver(scenario, files)
    assert len(files.lines) == 10
    assert "dropped 90 lines" in caplog.messages[-1]


def test_much_to_say_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_delivery, "FILE_BYTES", 50)
    files = Files()

    async def scenario(delivery: LogDelivery) -> None:
        for _ in range(5):
            delivery.log(NAME).write("123456789")
        while not files.found:
            await asyncio.sleep(0)

    deliver(scenario, files)
    assert len(files.lines) == 5


def test_what_a_load_balancer_leaves_behind_gets_one_attempt() -> None:
    files = Files()

    async def scenario(delivery: LogDelivery) -> None:
        files.failure = "NoSuchBucket"
        delivery.log(NAME).write("one")
        delivery.balancers = frozenset()
        await delivery.deliver(NOON)
        files.failure = None
        await delivery.deliver(NOON)

    deliver(scenario, files)
    assert files.found == {}
