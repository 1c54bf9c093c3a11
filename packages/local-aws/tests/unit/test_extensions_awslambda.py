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
    iam = plane.client("iam")
    arn: str = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    return arn


def create(functions: Any, role: str, **settings: Any) -> Any:
    return functions.create_function(
        FunctionName="api",
        Role=role,
        Runtime="python3.13",
        Handler="lambda.lambda_handler",
        Code={"ZipFile": a_zip("first")},
        **settings,
    )


def shown(functions: Any, version: str = "$LATEST") -> Any:
    return functions.get_function_configuration(FunctionName="api", Qualifier=version)


def test_a_function_without_settings_shows_those_of_lambda(functions: Any, role: str) -> None:
    created = create(functions, role)
    assert created["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/api"}
    assert created["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert created["TracingConfig"] == {"Mode": "PassThrough"}
    assert created["EphemeralStorage"] == {"Size": 512}


def test_json_logs_have_both_levels_even_when_none_was_given(functions: Any, role: str) -> None:
    create(functions, role, LoggingConfig={"LogFormat": "JSON"})
    assert shown(functions)["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": "/aws/lambda/api",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }


def test_each_version_keeps_the_settings_it_was_published_with(functions: Any, role: str) -> None:
    create(functions, role, LoggingConfig=JSON_LOGS, TracingConfig={"Mode": "Active"}, Publish=True)
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


def test_only_published_versions_are_optimised_for_snap_start(functions: Any, role: str) -> None:
    create(functions, role, SnapStart=SNAP_START, Publish=True)
    assert shown(functions)["SnapStart"]["OptimizationStatus"] == "Off"
    assert shown(functions, "1")["SnapStart"] == SNAP_START | {"OptimizationStatus": "On"}


def test_an_empty_value_takes_a_setting_back(functions: Any, role: str) -> None:
    key, queue = f"arn:aws:kms:eu-west-1:{DEV}:key/k", f"arn:aws:sqs:eu-west-1:{DEV}:q"
    create(functions, role, KMSKeyArn=key, DeadLetterConfig={"TargetArn": queue})
    assert shown(functions)["KMSKeyArn"] == key
    assert shown(functions)["DeadLetterConfig"] == {"TargetArn": queue}
    functions.update_function_configuration(
        FunctionName="api", KMSKeyArn="", DeadLetterConfig={"TargetArn": ""}
    )
    assert not {"KMSKeyArn", "DeadLetterConfig"} & shown(functions).keys()


def test_a_refused_change_leaves_the_function_as_it_was(functions: Any, role: str) -> None:
    create(functions, role, SnapStart=SNAP_START)
    with pytest.raises(ClientError, match=r"python3\.11 is not supported for SnapStart") as refused:
        functions.update_function_configuration(FunctionName="api", Runtime="python3.11", Timeout=9)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert (shown(functions)["Runtime"], shown(functions)["Timeout"]) == ("python3.13", 3)


def test_a_function_in_a_network_shows_the_vpc_of_its_subnets(
    plane: Plane, functions: Any, role: str
) -> None:
    ec2 = plane.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    create(functions, role, VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": ["sg-1"]})
    assert shown(functions)["VpcConfig"]["VpcId"] == vpc


def test_other_security_groups_leave_a_function_in_its_subnets(functions: Any, role: str) -> None:
    create(functions, role, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})
    functions.update_function_configuration(
        FunctionName="api", VpcConfig={"SecurityGroupIds": ["sg-2"]}
    )
    network = shown(functions)["VpcConfig"]
    assert (network["SubnetIds"], network["SecurityGroupIds"]) == (["subnet-1"], ["sg-2"])


def test_new_code_may_be_for_another_architecture(functions: Any, role: str) -> None:
    create(functions, role)
    code = a_zip("second")
    functions.update_function_code(FunctionName="api", ZipFile=code, Architectures=["arm64"])
    assert shown(functions)["Architectures"] == ["arm64"]


def test_a_reserve_of_nothing_is_shown(functions: Any, role: str) -> None:
    create(functions, role)
    functions.put_function_concurrency(FunctionName="api", ReservedConcurrentExecutions=0)
    concurrency = functions.get_function(FunctionName="api")["Concurrency"]
    assert concurrency == {"ReservedConcurrentExecutions": 0}


def test_settings_survive_a_snapshot(plane: Plane, functions: Any, role: str) -> None:
    create(functions, role, LoggingConfig=JSON_LOGS, SnapStart=SNAP_START, Publish=True)
    before = shown(functions, "1")
    plane.save_and_restore()
    after = shown(functions, "1")
    assert (after["LoggingConfig"], after["SnapStart"]) == (
        before["LoggingConfig"],
        before["SnapStart"],
    )


def test_settings_of_before_are_never_changed_in_place() -> None:
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
def test_settings_that_lambda_refuses_are_refused(settings: Any, expected: str) -> None:
    assert expected in (problem(settings, "python3.13") or "")


def test_settings_that_lambda_takes_are_taken() -> None:
    settings = {
        "LoggingConfig": JSON_LOGS,
        "SnapStart": SNAP_START,
        "EphemeralStorage": {"Size": 512},
    }
    assert problem(settings, "python3.12") is None


@pytest.fixture
def versions(functions: Any, role: str) -> Any:
    """A function with two published versions."""
    create(functions, role, Publish=True)
    functions.update_function_code(FunctionName="api", ZipFile=a_zip("second"), Publish=True)
    return functions


def test_an_alias_shows_its_weights_until_they_are_taken_back(versions: Any) -> None:
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


def test_a_share_of_an_alias_must_go_to_a_version_that_exists(versions: Any) -> None:
    with pytest.raises(ClientError, match=r"Function not found: .*:3"):
        versions.create_alias(
            FunctionName="api",
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}},
        )


def test_an_alias_cannot_move_to_the_version_of_its_own_canary(versions: Any) -> None:
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
def test_weights_that_lambda_refuses_are_refused(
    version: str, weights: dict[str, float], expected: str
) -> None:
    assert expected in (alias_problem(version, weights) or "")


def test_variables_that_are_lambdas_own_are_refused(functions: Any, role: str) -> None:
    theirs = {"Variables": {"AWS_REGION": "eu-west-2", "LAMBDA_TASK_ROOT": "/", "MINE": "1"}}
    with pytest.raises(ClientError, match="reserved: AWS_REGION, LAMBDA_TASK_ROOT") as refused:
        create(functions, role, Environment=theirs)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    create(functions, role, Environment={"Variables": {"MINE": "1", "AWS_PROFILE": "x"}})
    with pytest.raises(ClientError, match="reserved"):
        functions.update_function_configuration(FunctionName="api", Environment=theirs)
    assert shown(functions)["Environment"]["Variables"] == {"MINE": "1", "AWS_PROFILE": "x"}
