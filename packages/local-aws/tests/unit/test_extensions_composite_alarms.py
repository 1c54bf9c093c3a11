from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.plane import DEV, REGION, Plane

ARN = f"arn:aws:cloudwatch:{REGION}:{DEV}:alarm:"


@pytest.fixture
def alarms(plane: Plane) -> Any:
    """CloudWatch with two metric alarms."""
    client = plane.client("cloudwatch")
    for name in ("slow", "failing"):
        client.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/ApplicationELB",
            MetricName="TargetResponseTime",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
        )
    return client


def composites(client: Any, **question: Any) -> list[Any]:
    found: list[Any] = client.describe_alarms(AlarmTypes=["CompositeAlarm"], **question)[
        "CompositeAlarms"
    ]
    return found


def test_a_composite_alarm_is_described_with_its_settings(alarms: Any) -> None:
    topic = f"arn:aws:sns:{REGION}:{DEV}:alarms"
    settings = {
        "AlarmName": "down",
        "AlarmRule": "ALARM(slow) AND ALARM(failing)",
        "AlarmDescription": "The API is down",
        "ActionsEnabled": False,
        "AlarmActions": [topic],
        "OKActions": [topic],
        "ActionsSuppressor": "slow",
        "ActionsSuppressorWaitPeriod": 60,
        "ActionsSuppressorExtensionPeriod": 120,
    }
    alarms.put_composite_alarm(**settings, Tags=[{"Key": "Name", "Value": "down"}])
    (found,) = composites(alarms, AlarmNames=["down"])
    assert {name: found[name] for name in settings} == settings
    assert (found["AlarmArn"], found["StateValue"]) == (f"{ARN}down", "OK")
    tags = alarms.list_tags_for_resource(ResourceARN=f"{ARN}down")["Tags"]
    assert tags == [{"Key": "Name", "Value": "down"}]


def test_alarms_are_filtered_by_name_and_state(alarms: Any) -> None:
    alarms.set_alarm_state(AlarmName="slow", StateValue="ALARM", StateReason="a test")
    alarms.put_composite_alarm(AlarmName="slower", AlarmRule="ALARM(slow)")
    for state, names in (("ALARM", ["slow"]), ("OK", [])):
        found = alarms.describe_alarms(AlarmNamePrefix="slow", StateValue=state)["MetricAlarms"]
        assert [alarm["AlarmName"] for alarm in found] == names
    (found,) = composites(alarms, AlarmNamePrefix="slow", StateValue="ALARM")
    assert found["AlarmName"] == "slower"
    assert composites(alarms, AlarmNamePrefix="slow", StateValue="OK") == []


def test_composite_alarms_are_described_only_for_their_type(alarms: Any) -> None:
    alarms.put_composite_alarm(AlarmName="down", AlarmRule="ALARM(slow)")
    described = alarms.describe_alarms()
    assert [each["AlarmName"] for each in described["MetricAlarms"]] == ["slow", "failing"]
    assert described["CompositeAlarms"] == []
    asked = alarms.describe_alarms(AlarmTypes=["CompositeAlarm"])
    assert asked["MetricAlarms"] == []
    assert [each["AlarmName"] for each in asked["CompositeAlarms"]] == ["down"]


def test_the_state_follows_the_rule_through_other_composite_alarms(alarms: Any) -> None:
    alarms.put_composite_alarm(AlarmName="inner", AlarmRule="ALARM(slow)")
    alarms.put_composite_alarm(AlarmName="outer", AlarmRule=f"ALARM({ARN}inner) AND OK(failing)")
    assert [each["StateValue"] for each in composites(alarms)] == ["OK", "OK"]
    alarms.set_alarm_state(AlarmName="slow", StateValue="ALARM", StateReason="a test")
    assert [each["StateValue"] for each in composites(alarms)] == ["ALARM", "ALARM"]
    alarms.delete_alarms(AlarmNames=["slow"])
    assert [each["StateValue"] for each in composites(alarms)] == ["OK", "OK"]


def test_a_cycle_of_composite_alarms_is_evaluated(alarms: Any) -> None:
    alarms.put_composite_alarm(AlarmName="a", AlarmRule="ALARM(slow)")
    alarms.put_composite_alarm(AlarmName="b", AlarmRule="ALARM(a)")
    alarms.put_composite_alarm(AlarmName="a", AlarmRule="ALARM(b) OR FALSE")
    assert [each["StateValue"] for each in composites(alarms)] == ["OK", "OK"]


def test_a_composite_alarm_has_parents_and_children(alarms: Any) -> None:
    alarms.put_composite_alarm(AlarmName="down", AlarmRule="ALARM(slow)")
    assert [each["AlarmName"] for each in composites(alarms, ParentsOfAlarmName="slow")] == ["down"]
    assert composites(alarms, ParentsOfAlarmName="failing") == []
    both = ["MetricAlarm", "CompositeAlarm"]
    children = alarms.describe_alarms(AlarmTypes=both, ChildrenOfAlarmName="down")
    assert [each["AlarmName"] for each in children["MetricAlarms"]] == ["slow"]


def test_an_update_changes_the_rule_and_keeps_state_and_tags(alarms: Any) -> None:
    tags = [{"Key": "Name", "Value": "first"}]
    alarms.put_composite_alarm(AlarmName="down", AlarmRule="TRUE", Tags=tags)
    assert composites(alarms)[0]["StateValue"] == "ALARM"
    second = [{"Key": "Name", "Value": "second"}]
    alarms.put_composite_alarm(AlarmName="down", AlarmRule="TRUE OR TRUE", Tags=second)
    (found,) = composites(alarms)
    assert (found["AlarmRule"], found["StateValue"]) == ("TRUE OR TRUE", "ALARM")
    assert alarms.list_tags_for_resource(ResourceARN=f"{ARN}down")["Tags"] == tags


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"AlarmRule": "ALARM(none) OR ALARM(slow)"}, "do not exist: none"),
        ({"AlarmRule": "ALARM(slow"}, "not valid at its end"),
        ({"AlarmRule": "TRUE", "AlarmName": "slow"}, "slow is a metric alarm"),
        ({"AlarmRule": "TRUE", "ActionsSuppressor": "slow"}, "WaitPeriod is required"),
    ],
)
def test_an_invalid_composite_alarm_is_refused(
    alarms: Any, settings: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ClientError, match=expected) as refused:
        alarms.put_composite_alarm(**{"AlarmName": "down"} | settings)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert composites(alarms) == []


def test_composite_alarms_and_saved_queries_are_restored_from_a_snapshot(
    plane: Plane, alarms: Any
) -> None:
    alarms.put_composite_alarm(AlarmName="down", AlarmRule="ALARM(slow)")
    logs = plane.client("logs")
    put = logs.put_query_definition(name="errors", queryString="fields @message")
    plane.save_and_restore()
    assert [each["AlarmName"] for each in composites(alarms)] == ["down"]
    (query,) = logs.describe_query_definitions()["queryDefinitions"]
    assert query["queryDefinitionId"] == put["queryDefinitionId"]


def test_a_saved_query_is_described_updated_and_deleted(plane: Plane) -> None:
    logs = plane.client("logs")
    settings = {"name": "api/errors", "queryString": "fields @message", "logGroupNames": ["/api"]}
    identifier = logs.put_query_definition(**settings)["queryDefinitionId"]
    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix="api/")["queryDefinitions"]
    assert {name: found[name] for name in settings} == settings
    assert found["queryLanguage"] == "CWLI"
    changed = settings | {"queryString": "stats count()"}
    again = logs.put_query_definition(**changed, queryDefinitionId=identifier)
    assert again["queryDefinitionId"] == identifier
    (found,) = logs.describe_query_definitions()["queryDefinitions"]
    assert found["queryString"] == "stats count()"
    assert logs.delete_query_definition(queryDefinitionId=identifier)["success"]
    assert logs.describe_query_definitions()["queryDefinitions"] == []


def test_saved_queries_are_sorted_by_name_in_pages(plane: Plane) -> None:
    logs = plane.client("logs")
    for name in ("c", "a", "b"):
        logs.put_query_definition(name=name, queryString="fields @message")
    first = logs.describe_query_definitions(maxResults=2)
    second = logs.describe_query_definitions(maxResults=2, nextToken=first["nextToken"])
    pages = [[each["name"] for each in page["queryDefinitions"]] for page in (first, second)]
    assert (pages, "nextToken" in second) == ([["a", "b"], ["c"]], False)


def test_a_repeated_request_saves_one_query(plane: Plane) -> None:
    logs = plane.client("logs")
    request = {"name": "errors", "queryString": "fields @message", "clientToken": str(uuid.uuid4())}
    both = [logs.put_query_definition(**request)["queryDefinitionId"] for _ in range(2)]
    assert both[0] == both[1]
    assert len(logs.describe_query_definitions()["queryDefinitions"]) == 1


def test_an_unknown_saved_query_is_neither_changed_nor_deleted(plane: Plane) -> None:
    logs = plane.client("logs")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.put_query_definition(name="x", queryString="y", queryDefinitionId="none")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.delete_query_definition(queryDefinitionId="none")


@pytest.mark.parametrize(
    "settings", [{"name": "x" * 256}, {"queryString": "x" * 10_001}, {"logGroupNames": ["g"] * 51}]
)
def test_a_query_beyond_the_limits_is_refused(plane: Plane, settings: dict[str, Any]) -> None:
    valid = {"name": "errors", "queryString": "fields @message"}
    with pytest.raises(ClientError, match="InvalidParameterException"):
        plane.client("logs").put_query_definition(**valid | settings)
