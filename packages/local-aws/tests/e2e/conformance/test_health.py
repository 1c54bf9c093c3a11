"""Items 25 and 26: health checks of functions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from local_aws_tests.balanced import eventually
from local_aws_tests.conformance import Balancers, Rule, forward, path

FREQUENT: dict[str, Any] = {
    "HealthCheckEnabled": True,
    "HealthCheckIntervalSeconds": 5,
    "HealthCheckTimeoutSeconds": 2,
    "UnhealthyThresholdCount": 2,
}


@pytest.mark.item(25)
def test_the_health_of_a_function_is_unavailable_by_default(balancers: Balancers) -> None:
    group = balancers.group("unchecked")
    settings = balancers.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    assert settings["HealthCheckEnabled"] is False
    health = balancers.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert health[0]["TargetHealth"]["State"] == "unavailable"
    assert health[0]["TargetHealth"]["Reason"] == "Target.HealthCheckDisabled"


@pytest.mark.item(26)
def test_a_health_check_has_its_own_event(balancers: Balancers) -> None:
    group = balancers.group("checked", HealthCheckPath="/checked", **FREQUENT)
    balancers.with_rules(Rule(forward(group), path("/checked")))

    def asked() -> list[str]:
        return [line for line in balancers.service.log_messages() if '"httpMethod"' in line]

    assert json.loads(eventually(asked)[0]) == {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "GET",
        "path": "/checked",
        "queryStringParameters": {},
        "headers": {"user-agent": "ELB-HealthChecker/2.0"},
        "body": "",
        "isBase64Encoded": False,
    }
    eventually(lambda: f"{balancers.service.alias} is healthy" in balancers.plane.log.read_text())


@pytest.mark.item(26)
def test_an_unhealthy_function_is_logged_and_still_receives_requests(balancers: Balancers) -> None:
    group = balancers.group("unhealthy", HealthCheckPath="/unhealthy", **FREQUENT)
    listener = balancers.with_rules(Rule(forward(group), path("/a")))
    complaint = f"{balancers.service.alias} is unhealthy: status 500, not 200"
    eventually(lambda: complaint in balancers.plane.log.read_text(), 20)
    assert listener.get("/a").status == 200


@pytest.mark.item(26)
def test_health_check_settings_have_awss_defaults(balancers: Balancers) -> None:
    made = balancers.elb.create_target_group(Name="defaults", TargetType="lambda")["TargetGroups"][
        0
    ]
    assert made["HealthCheckIntervalSeconds"] == 35
    assert made["HealthCheckTimeoutSeconds"] == 30
    assert (made["HealthyThresholdCount"], made["UnhealthyThresholdCount"]) == (5, 2)
    assert made["Matcher"] == {"HttpCode": "200"}
