from __future__ import annotations

from pathlib import Path

import pytest
from terragrunt_runner import ResourceBlock

from terrarium.errors import ConfigurationError
from terrarium.policy.evaluation import Reasons, evaluate, read_reasons
from terrarium.policy.rules import COMPARISONS, RULES
from terrarium.policy.unit_plan import Configuration, UnitPlan
from tests.unit.policy.plans import Reference, resource, unit

RULE = "unprotected-data"
KEY = "aws_kms_key.this"
UNPROTECTED = resource(KEY)
REASON: Reasons = {RULE: {f"app/{KEY}": "Nothing is encrypted with it yet."}}


def test_a_finding_fails_with_its_rule_and_environment() -> None:
    (result,) = evaluate([unit(UNPROTECTED)], {}, complete=True).failed
    assert (result.rule, result.environment) == (RULE, "prod")
    assert result.finding.key == f"app/{KEY}"


def test_a_reason_excuses_one_finding() -> None:
    other = resource("aws_kms_key.other")
    evaluation = evaluate([unit(UNPROTECTED, other)], REASON, complete=True)
    assert [r.reason for r in evaluation.excused] == ["Nothing is encrypted with it yet."]
    assert [r.finding.address for r in evaluation.failed] == ["aws_kms_key.other"]
    elsewhere = evaluate([unit(UNPROTECTED, name="web")], REASON, complete=False)
    assert [r.finding.key for r in elsewhere.failed] == [f"web/{KEY}"]


def test_an_unused_reason_is_reported_if_every_unit_was_planned() -> None:
    well = unit(resource(KEY), is_protected=False)
    assert evaluate([well], REASON, complete=True).unused == ((RULE, f"app/{KEY}"),)
    assert evaluate([well], REASON, complete=False).unused == ()


def unknown_policy() -> UnitPlan:
    return unit(resource("aws_iam_role_policy.this", policy=Reference("aws_s3_bucket.this.arn")))


def test_an_unknown_policy_document_is_reported_and_its_reasons_stay() -> None:
    reasons: Reasons = {"wildcards": {"app/aws_iam_role_policy.this Read": "No narrower form."}}
    evaluation = evaluate([unknown_policy()], reasons, complete=True)
    assert evaluation.unknown == ("prod/app/aws_iam_role_policy.this",)
    assert evaluation.unused == ()


def test_a_policy_document_that_the_provider_computes_is_ignored() -> None:
    bucket = resource("aws_s3_bucket.this", policy=Reference())
    written = Configuration.of([ResourceBlock(bucket.base, frozenset({"bucket"}), True)])
    assert evaluate([unit(bucket, configuration=written)], {}, complete=True).unknown == ()


def test_instances_of_one_resource_have_one_finding() -> None:
    groups = [resource(f'{KEY}["{key}"]', key) for key in "ab"]
    assert len(evaluate([unit(*groups)], {}, complete=True).failed) == 1


def test_a_protected_environment_is_compared_with_each_that_is_not() -> None:
    def function(env: str, memory_mb: int) -> UnitPlan:
        sized = resource("aws_lambda_function.this", memory_size=memory_mb)
        return unit(sized, env=env, is_protected=env == "prod")

    plans = [function("prod", 256), function("dev", 128), function("lab", 512)]
    (result,) = evaluate(plans, {}, complete=True).failed
    assert (result.rule, result.environment) == ("smaller-in-production", "prod")
    assert result.finding.message == "memory_size is 256, 512 in lab"
    assert evaluate([function("dev", 128), function("lab", 512)], {}, complete=True).failed == ()


def test_every_rule_has_a_unique_name_and_a_docstring() -> None:
    assert not set(RULES) & set(COMPARISONS)
    assert all((rule.__doc__ or "").strip() for rule in (*RULES.values(), *COMPARISONS.values()))


def write(folder: Path, text: str) -> Path:
    file = folder / "policy.toml"
    file.write_text(text)
    return file


def test_reasons_are_read_by_rule_and_key(tmp_path: Path) -> None:
    file = write(tmp_path, '[wildcards]\n"app/aws_iam_policy.this Read" = "No narrower form."\n')
    assert read_reasons(file) == {
        "wildcards": {"app/aws_iam_policy.this Read": "No narrower form."}
    }


def test_without_the_file_there_are_no_reasons(tmp_path: Path) -> None:
    assert read_reasons(tmp_path / "policy.toml") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[wildcard]\n"a" = "b"\n', "there is no rule 'wildcard'"),
        ('wildcards = "all"\n', "wildcards is not a table"),
        ('[wildcards]\n"a" = " "\n', "wildcards: 'a' has no reason"),
        ('[wildcards]\n"a" = true\n', "wildcards: 'a' has no reason"),
        ("[wildcards\n", "not TOML"),
    ],
)
def test_an_invalid_reason_is_refused_with_the_file(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        read_reasons(write(tmp_path, text))
    assert raised.value.file == tmp_path / "policy.toml"
