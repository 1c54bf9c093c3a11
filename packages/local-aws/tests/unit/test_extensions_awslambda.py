from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws.control_plane.extensions.awslambda.alias_routing import problem as alias_problem
from local_aws.control_plane.extensions.awslambda.function_settings import merged, problem
from local_aws_tests.plane import DEV, Plane, a_zip

SNAP_START = {"ApplyOn": "PublishedVersions"}
JSON_LOGS = {"LogFormat": "JSON", "LogGroup": "/api", "SystemLogLevel": "WARN"}


@pytest.fixture
def functions(plane: Plane) -> Any:
    return plane.client("lambda")


@pytest.fixture
def role(plane: Plane) -> str:
    return plane.create_role()


def shown(functions: Any, version: str = "$LATEST") -> Any:
    return functions.get_function_configuration(FunctionName="api", Qualifier=version)


def test_a_function_without_settings_shows_the_defaults_of_lambda(plane: Plane, role: str) -> None:
    created = plane.create_function(role)
    assert created["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/api"}
    assert created["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert created["TracingConfig"] == {"Mode": "PassThrough"}
    assert created["EphemeralStorage"] == {"Size": 512}


def test_json_logs_have_default_levels(plane: Plane, functions: Any, role: str) -> None:
    plane.create_function(role, LoggingConfig={"LogFormat": "JSON"})
    assert shown(functions)["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": "/aws/lambda/api",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }


def test_a_version_keeps_the_settings_from_its_publication(
    plane: Plane, functions: Any, role: str
) -> None:
    plane.create_function(
        role, LoggingConfig=JSON_LOGS, TracingConfig={"Mode": "Active"}, Publish=True
    )
    functions.update_function_configuration(
        FunctionName="api",
        LoggingConfig={"LogFormat": "Text"},
        TracingConfig={"Mode": "PassThrough"},
    )
    functions.publish_version(FunctionName="api")
    versions = functions.list_versions_by_function(FunctionName="api")["Versions"]
    found = {v["Version"]: (v["LoggingConfig"], v["TracingConfig"]["Mode"]) for v in versions}
    text = {"LogFormat": "Text", "LogGroup": "/aws/lambda/api"}
    assert found == {
        "$LATEST": (text, "PassThrough"),
        "1": (JSON_LOGS | {"ApplicationLogLevel": "INFO"}, "Active"),
        "2": (text, "PassThrough"),
    }


def test_only_published_versions_are_optimised_for_snap_start(
    plane: Plane, functions: Any, role: str
) -> None:
    plane.create_function(role, SnapStart=SNAP_START, Publish=True)
    assert shown(functions)["SnapStart"]["OptimizationStatus"] == "Off"
    assert shown(functions, "1")["SnapStart"] == SNAP_START | {"OptimizationStatus": "On"}


def test_an_empty_value_removes_a_setting(plane: Plane, functions: Any, role: str) -> None:
    key, queue = f"arn:aws:kms:eu-west-1:{DEV}:key/k", f"arn:aws:sqs:eu-west-1:{DEV}:q"
    plane.create_function(role, KMSKeyArn=key, DeadLetterConfig={"TargetArn": queue})
    assert shown(functions)["KMSKeyArn"] == key
    assert shown(functions)["DeadLetterConfig"] == {"TargetArn": queue}
    functions.update_function_configuration(
        FunctionName="api", KMSKeyArn="", DeadLetterConfig={"TargetArn": ""}
    )
    assert not {"KMSKeyArn", "DeadLetterConfig"} & shown(functions).keys()


def test_a_refused_update_changes_nothing(plane: Plane, functions: Any, role: str) -> None:
    plane.create_function(role, SnapStart=SNAP_START)
    with pytest.raises(ClientError, match=r"python3\.11 is not supported for SnapStart") as refused:
        functions.update_function_configuration(FunctionName="api", Runtime="python3.11", Timeout=9)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert (shown(functions)["Runtime"], shown(functions)["Timeout"]) == ("python3.13", 3)


def test_a_function_shows_the_vpc_of_its_subnets(plane: Plane, functions: Any, role: str) -> None:
    ec2 = plane.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    plane.create_function(role, VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": ["sg-1"]})
    assert shown(functions)["VpcConfig"]["VpcId"] == vpc


def test_an_update_of_security_groups_keeps_the_subnets(
    plane: Plane, functions: Any, role: str
) -> None:
    plane.create_function(role, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})
    functions.update_function_configuration(
        FunctionName="api", VpcConfig={"SecurityGroupIds": ["sg-2"]}
    )
    network = shown(functions)["VpcConfig"]
    assert (network["SubnetIds"], network["SecurityGroupIds"]) == (["subnet-1"], ["sg-2"])


def test_an_update_of_the_code_may_change_the_architecture(
    plane: Plane, functions: Any, role: str
) -> None:
    plane.create_function(role)
    code = a_zip("second")
    functions.update_function_code(FunctionName="api", ZipFile=code, Architectures=["arm64"])
    assert shown(functions)["Architectures"] == ["arm64"]


def test_a_reserved_concurrency_of_0_is_shown(plane: Plane, functions: Any, role: str) -> None:
    plane.create_function(role)
    functions.put_function_concurrency(FunctionName="api", ReservedConcurrentExecutions=0)
    concurrency = functions.get_function(FunctionName="api")["Concurrency"]
    assert concurrency == {"ReservedConcurrentExecutions": 0}


def test_settings_are_restored_from_a_snapshot(plane: Plane, functions: Any, role: str) -> None:
    plane.create_function(role, LoggingConfig=JSON_LOGS, SnapStart=SNAP_START, Publish=True)
    before = shown(functions, "1")
    plane.save_and_restore()
    after = shown(functions, "1")
    assert (after["LoggingConfig"], after["SnapStart"]) == (
        before["LoggingConfig"],
        before["SnapStart"],
    )


def test_merged_settings_are_a_new_dictionary() -> None:
    before: dict[str, Any] = {"TracingConfig": {"Mode": "Active"}}
    after = merged(before, {"TracingConfig": {"Mode": ""}, "Timeout": 3})
    assert (before, after) == ({"TracingConfig": {"Mode": "Active"}}, {})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "INFO"}}, "SystemLogLevel can"),
        (
            {"LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "LOUD"}},
            "ApplicationLogLevel must be one of TRACE",
        ),
        (
            {"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "ERROR"}},
            "SystemLogLevel must be one of DEBUG, INFO, WARN",
        ),
        ({"SnapStart": SNAP_START, "EphemeralStorage": {"Size": 513}}, "up to 512 MB"),
        ({"SnapStart": SNAP_START, "FileSystemConfigs": [{"Arn": "x"}]}, "file systems"),
    ],
)
def test_invalid_settings_are_refused(settings: Any, expected: str) -> None:
    assert expected in (problem(settings, "python3.13") or "")


def test_valid_settings_are_accepted() -> None:
    settings = {
        "LoggingConfig": JSON_LOGS,
        "SnapStart": SNAP_START,
        "EphemeralStorage": {"Size": 512},
    }
    assert problem(settings, "python3.12") is None


@pytest.fixture
def versions(plane: Plane, functions: Any, role: str) -> Any:
    """A function with two published versions."""
    plane.create_function(role, Publish=True)
    functions.update_function_code(FunctionName="api", ZipFile=a_zip("second"), Publish=True)
    return functions


def test_an_alias_shows_its_weights_until_they_are_removed(versions: Any) -> None:
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    name = {"FunctionName": "api", "Name": "live"}
    versions.create_alias(**name, FunctionVersion="1", RoutingConfig=weights)
    assert versions.get_alias(**name)["RoutingConfig"] == weights
    versions.update_alias(**name, Description="a canary")
    assert versions.get_alias(**name)["RoutingConfig"] == weights
    versions.update_alias(
        **name, FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {}}
    )
    alias = versions.get_alias(**name)
    assert (alias["FunctionVersion"], alias.get("RoutingConfig")) == ("2", None)


def test_the_version_of_a_weight_must_exist(versions: Any) -> None:
    with pytest.raises(ClientError, match=r"Function not found: .*:3"):
        versions.create_alias(
            FunctionName="api",
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}},
        )


def test_an_alias_cannot_move_to_the_version_of_its_weight(versions: Any) -> None:
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    versions.create_alias(
        FunctionName="api", Name="live", FunctionVersion="1", RoutingConfig=weights
    )
    with pytest.raises(ClientError, match="must differ"):
        versions.update_alias(FunctionName="api", Name="live", FunctionVersion="2")


@pytest.mark.parametrize(
    ("version", "weights", "expected"),
    [
        ("1", {"2": 0.1, "3": 0.1}, "greater than 1"),
        ("1", {"$LATEST": 0.1}, "$LATEST is not supported"),
        ("$LATEST", {"1": 0.1}, "$LATEST is not supported"),
        ("1", {"2": 1.5}, "between 0 and 1"),
    ],
)
def test_invalid_weights_are_refused(
    version: str, weights: dict[str, float], expected: str
) -> None:
    assert expected in (alias_problem(version, weights) or "")


def test_reserved_environment_variables_are_refused(
    plane: Plane, functions: Any, role: str
) -> None:
    theirs = {"Variables": {"AWS_REGION": "eu-west-2", "LAMBDA_TASK_ROOT": "/", "MINE": "1"}}
    with pytest.raises(ClientError, match="reserved: AWS_REGION, LAMBDA_TASK_ROOT") as refused:
        plane.create_function(role, Environment=theirs)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    plane.create_function(role, Environment={"Variables": {"MINE": "1", "AWS_PROFILE": "x"}})
    with pytest.raises(ClientError, match="reserved"):
        functions.update_function_configuration(FunctionName="api", Environment=theirs)
    assert shown(functions)["Environment"]["Variables"] == {"MINE": "1", "AWS_PROFILE": "x"}
