from __future__ import annotations

from typing import Any

import pytest
from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion, Target

ARN = FunctionArn.parse("arn:aws:lambda:eu-west-1:111111111111:function:api:live")


def version(location: str = "http://one", **changes: Any) -> FunctionVersion:
    configuration = {"FunctionName": "api", "Version": "3", "Runtime": "python3.13", **changes}
    return FunctionVersion.from_answer(
        ARN, {"Configuration": configuration, "Code": {"Location": location}}
    )


def test_an_arn_has_region_account_name_and_qualifier() -> None:
    assert FunctionArn("eu-west-1", "111111111111", "api", "live") == ARN


@pytest.mark.parametrize("text", ["api", "arn:aws:s3:::bucket", "i-0123"])
def test_what_is_not_a_function_is_not_an_arn_of_one(text: str) -> None:
    with pytest.raises(ValueError, match="not the ARN"):
        FunctionArn.parse(text)


def test_the_log_group_is_the_configured_one_or_named_after_the_function() -> None:
    assert version().log_group == "/aws/lambda/api"
    assert version(LoggingConfig={"LogGroup": "/api/dev"}).log_group == "/api/dev"


def test_another_signed_url_does_not_make_another_version() -> None:
    assert version("http://one") == version("http://two")


def test_another_environment_makes_another_version() -> None:
    assert version() != version(Environment={"Variables": {"BUCKET": "b"}})


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"Runtime": "nodejs22.x"}, "only Python"),
        ({"PackageType": "Image", "Runtime": None}, "only Zip"),
        ({"Layers": [{"Arn": "arn:layer"}]}, "layers"),
    ],
)
def test_what_cannot_run_here_is_refused_by_name(changes: dict[str, Any], word: str) -> None:
    refusal = version(**changes).refusal
    assert refusal is not None
    assert word in refusal
    assert "api" in refusal


def test_a_python_function_is_not_refused() -> None:
    assert version().refusal is None


def test_an_alias_shares_its_traffic_by_weight() -> None:
    old, new = version(Version="1"), version(Version="2")
    target = Target("arn", ((old, 0.9), (new, 0.1)))
    assert [target.choose(draw).version for draw in (0.0, 0.89, 0.91, 0.999)] == list("1122")
