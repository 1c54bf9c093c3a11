from __future__ import annotations

import json
from typing import Any

import pytest
from local_aws.iam.statement import parse
from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion, Target

ARN = "arn:aws:lambda:eu-west-1:111111111111:function:api:live"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/api/0123"
OTHER = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/web/4567"


def version(location: str = "http://one", **changes: Any) -> FunctionVersion:
    configuration = {"FunctionName": "api", "Version": "3", "Runtime": "python3.13", **changes}
    return FunctionVersion.from_answer(
        FunctionArn.parse(ARN), {"Configuration": configuration, "Code": {"Location": location}}
    )


def test_an_arn_has_region_account_name_and_qualifier() -> None:
    assert FunctionArn.parse(ARN) == FunctionArn("eu-west-1", "111111111111", "api", "live")


@pytest.mark.parametrize("text", ["api", "arn:aws:s3:::bucket", "i-0123"])
def test_an_arn_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the ARN"):
        FunctionArn.parse(text)


def test_the_log_group_is_the_configured_one_or_the_default() -> None:
    assert version().log_group == "/aws/lambda/api"
    assert version(LoggingConfig={"LogGroup": "/api/dev"}).log_group == "/api/dev"


def test_versions_are_equal_unless_their_configuration_differs() -> None:
    assert version("http://one") == version("http://two")
    assert version() != version(Environment={"Variables": {"BUCKET": "b"}})


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"Runtime": "nodejs22.x"}, "only Python"),
        ({"PackageType": "Image", "Runtime": None}, "only Zip"),
        ({"Layers": [{"Arn": "arn:layer"}]}, "layers"),
    ],
)
def test_a_function_that_cannot_run_here_is_refused_with_the_reason(
    changes: dict[str, Any], word: str
) -> None:
    refusal = version(**changes).refusal
    assert refusal is not None
    assert word in refusal
    assert "api" in refusal
    assert version().refusal is None


def test_an_alias_shares_its_invocations_by_weight() -> None:
    old, new = version(Version="1"), version(Version="2")
    target = Target(ARN, ((old, 0.9), (new, 0.1)))
    assert [target.choose(draw).version for draw in (0.0, 0.89, 0.91, 0.999)] == list("1122")


@pytest.mark.parametrize(
    ("change", "groups"),
    [
        ({}, [GROUP]),
        ({"Condition": {}}, [GROUP, OTHER]),
        ({"Condition": {"ArnLike": {"AWS:SourceArn": f"{GROUP[:-4]}*"}}}, [GROUP]),
        ({"Condition": {"StringEquals": {"AWS:SourceAccount": "111111111111"}}}, [GROUP, OTHER]),
        ({"Condition": {"StringEquals": {"AWS:SourceAccount": "222222222222"}}}, []),
        ({"Effect": "Deny"}, []),
        ({"Principal": "*"}, [GROUP]),
        ({"Principal": {"Service": "apigateway.amazonaws.com"}}, []),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}, []),
        ({"Action": "lambda:*"}, [GROUP]),
        ({"Action": "lambda:GetFunction"}, []),
        ({"Resource": ARN.removesuffix(":live")}, []),
    ],
)
def test_the_policy_decides_which_target_groups_may_invoke(
    change: dict[str, Any], groups: list[str]
) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "elasticloadbalancing.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {"ArnLike": {"AWS:SourceArn": GROUP}},
        **change,
    }
    policy = parse("the policy of api", json.dumps({"Statement": [statement]}))
    target = Target(ARN, ((version(), 1.0),), policy)
    assert [group for group in (GROUP, OTHER) if target.allows(group)] == groups


def test_without_a_policy_no_target_group_may_invoke() -> None:
    assert not Target(ARN, ((version(), 1.0),)).allows(GROUP)
