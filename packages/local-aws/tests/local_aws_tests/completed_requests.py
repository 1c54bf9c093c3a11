"""Completed requests for the tests of logs and metrics."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from local_aws.cloudwatch.log_entries import LoadBalancerId
from local_aws.load_balancer.completed_request import Client, CompletedRequest
from local_aws.load_balancer.configuration import TargetGroup
from local_aws.load_balancer.response import Response, error_page
from local_aws.load_balancer.rules import InvokeFunction, RoutingDecision
from local_aws_tests.load_balancer_models import (
    FUNCTION,
    NOT_FOUND,
    forward,
    listener,
    request,
    rule,
)

ACCOUNT, REGION = "111111111111", "eu-west-1"
_ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
ARN = f"{_ELB}:loadbalancer/app/lb/50dc6c495c0c9188"
GROUP = TargetGroup(f"{_ELB}:targetgroup/api/73e2d6bc24d8a067", "lambda", (FUNCTION,))
BALANCER = LoadBalancerId.from_arn(ARN)
TRACE = "Root=1-58337262-36d228ad5d99923122bbe354"
CLIENT = Client(ip_address("192.0.2.1"), 50000, "TID_7d15a1935077a44b91952330c3dc3ed8")

API = replace(listener(rule(20, forward(GROUP)), rule(None, NOT_FOUND)), load_balancer_arn=ARN)
FORWARDED = RoutingDecision(API.rules[0], InvokeFunction(GROUP, FUNCTION))
DEFAULT = RoutingDecision(API.rules[1], NOT_FOUND)
OK = Response(200, (("content-type", "application/json"),), b"{}")


def completed(**changes: Any) -> CompletedRequest:
    """A request with the response of a function, and these changes."""
    known: dict[str, Any] = {
        "listener": API,
        "client": CLIENT,
        "request": request("/api/foo", headers=(("host", "www.example.com"),)),
        "version": "HTTP/1.1",
        "classification_reason": None,
        "decision": FORWARDED,
        "trace_id": TRACE,
        "response": OK,
        "received_at": 1_700_000_000.25,
        "target_processing_seconds": 0.0123,
        "received_bytes": 34,
        "sent_bytes": 366,
    }
    return CompletedRequest(**{**known, **changes})


def failed(reason: str, status: int = 502, **changes: Any) -> CompletedRequest:
    return completed(response=error_page(status, reason=reason), **changes)


def not_found(**changes: Any) -> CompletedRequest:
    """A request with the response of the default rule."""
    answer = Response(404, (("Content-Type", "application/json"),), b"{}")
    return completed(decision=DEFAULT, trace_id=None, response=answer, **changes)


def unreadable(**changes: Any) -> CompletedRequest:
    known: dict[str, Any] = {
        "request": None,
        "version": "",
        "decision": None,
        "trace_id": None,
        "response": error_page(400, close=True),
        "received_bytes": 0,
        "sent_bytes": 272,
    }
    return completed(**{**known, **changes})
