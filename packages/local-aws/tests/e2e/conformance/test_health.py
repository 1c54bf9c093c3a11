"""Items 25 and 26: health checks of functions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from local_aws_tests.balanced import eventually
from local_aws_tests.conformance import Rule, Stage, when

SOON: dict[str, Any] = {
    "HealthCheckEnabled": True,
    "HealthCheckIntervalSeconds": 5,
    "HealthCheckTimeoutSeconds": 2,
    "UnhealthyThresholdCount": 2,
}


@pytest.mark.item(25)
def test_the_health_of_a_function_is_unavailable_by_default(stage: Stage) -> None:
    group = stage.group("unchecked")
    settings = stage.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    assert settings["HealthCheckEnabled"] is False
    health = stage.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert health[0]["TargetHealth"]["State"] == "unavailable"
    assert health[0]["TargetHealth"]["Reason"] == "Target.HealthCheckDisabled"


@pytest.mark.item(26)
def test_a_check_has_an_event_of_its_own(stage: Stage) -> None:
    group = stage.group("checked", HealthCheckPath="/checked", **SOON)
    forward = {"Type": "forward", "TargetGroupArn": group}
    stage.rules(Rule((when("path-pattern", Values=["/checked"]),), forward))

    def asked() -> list[str]:
        return [line for line in stage.service.log_messages() if '"httpMethod"' in line]

    assert json.loads(eventually(asked)[0]) == {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "GET",
        "path": "/checked",
        "queryStringParameters": {},
        "headers": {"user-agent": "ELB-HealthChecker/2.0"},
        "body": "",
        "isBase64Encoded": False,
    }
    eventually(lambda: f"{stage.service.alias} is healthy" in stage.plane.log.read_text())


@pytest.mark.item(26)
def test_an_unhealthy_function_is_named_and_still_gets_its_requests(stage: Stage) -> None:
    group = stage.group("unwell", HealthCheckPath="/unwell", **SOON)
    forward = {"Type": "forward", "TargetGroupArn": group}
    site = stage.rules(Rule((when("path-pattern", Values=["/a"]),), forward))
    complaint = f"{stage.service.alias} is unhealthy: status 500, not 200"
    eventually(lambda: complaint in stage.plane.log.read_text(), 20)
    assert site.get("/a").status == 200


@pytest.mark.item(26)
def test_the_settings_of_a_check_are_awss_unless_others_are_given(stage: Stage) -> None:
    made = stage.elb.create_target_group(Name="defaults", TargetType="lambda")["TargetGroups"][0]
    assert made["HealthCheckIntervalSeconds"] == 35
    assert made["HealthCheckTimeoutSeconds"] == 30
    assert (made["HealthyThresholdCount"], made["UnhealthyThresholdCount"]) == (5, 2)
    assert made["Matcher"] == {"HttpCode": "200"}
