from __future__ import annotations

from terragrunt_runner import ResourceBlock

from terrarium.policy.configuration import Configuration
from terrarium.policy.judgement import judge
from terrarium.policy.reasons import Reasons
from terrarium.policy.rules import COMPARISONS, RULES
from terrarium.policy.units import UnitPlan
from tests.unit.policy.plans import Reference, policy, resource, unit

GROUP = "aws_cloudwatch_log_group.this"
ENDLESS = resource(GROUP, retention_in_days=0)
REASON: Reasons = {"endless-logs": {f"app/{GROUP}": "An audit asks for them."}}


def test_a_finding_fails_with_its_rule_and_environment() -> None:
    (ruling,) = judge([unit(ENDLESS)], {}, whole=True).failed
    assert (ruling.rule, ruling.environment) == ("endless-logs", "prod")
    assert ruling.finding.key == f"app/{GROUP}"


def test_a_reason_excuses_its_own_finding_only() -> None:
    other = resource("aws_cloudwatch_log_group.other")
    judgement = judge([unit(ENDLESS, other)], REASON, whole=True)
    assert [r.reason for r in judgement.excused] == ["An audit asks for them."]
    assert [r.finding.address for r in judgement.failed] == ["aws_cloudwatch_log_group.other"]
    elsewhere = judge([unit(ENDLESS, name="web")], REASON, whole=False)
    assert [r.finding.key for r in elsewhere.failed] == [f"web/{GROUP}"]


def test_a_reason_that_excuses_nothing_is_found_where_everything_was_planned() -> None:
    well = unit(resource(GROUP, retention_in_days=7))
    assert judge([well], REASON, whole=True).unused == (("endless-logs", f"app/{GROUP}"),)
    assert judge([well], REASON, whole=False).unused == ()


def unseen_policy() -> UnitPlan:
    return unit(resource("aws_iam_role_policy.this", policy=Reference("aws_s3_bucket.this.arn")))


def test_a_policy_document_that_nobody_has_seen_is_named_and_its_reasons_stay() -> None:
    reasons: Reasons = {"wildcards": {"app/aws_iam_role_policy.this Read": "No narrower form."}}
    judgement = judge([unseen_policy()], reasons, whole=True)
    assert judgement.unseen == ("prod/app/aws_iam_role_policy.this",)
    assert judgement.unused == ()


def test_a_document_that_the_provider_computes_is_not_waited_for() -> None:
    bucket = resource("aws_s3_bucket.this", policy=Reference())
    written = Configuration.of([ResourceBlock(bucket.base, frozenset({"bucket"}), True)])
    assert judge([unit(bucket, configuration=written)], {}, whole=True).unseen == ()


def test_instances_of_one_resource_are_judged_once() -> None:
    groups = [resource(f'{GROUP}["{key}"]', key) for key in "ab"]
    assert len(judge([unit(*groups)], {}, whole=True).failed) == 1


def test_a_protected_environment_is_compared_with_each_that_is_not() -> None:
    def function(env: str, memory_mb: int) -> UnitPlan:
        sized = resource("aws_lambda_function.this", memory_size=memory_mb)
        return unit(sized, env=env, is_protected=env == "prod")

    plans = [function("prod", 256), function("dev", 128), function("lab", 512)]
    (ruling,) = judge(plans, {}, whole=True).failed
    assert (ruling.rule, ruling.environment) == ("smaller-in-production", "prod")
    assert ruling.finding.message == "memory_size is 256, 512 in lab"
    assert judge([function("dev", 128), function("lab", 512)], {}, whole=True).failed == ()


def test_every_rule_has_a_name_of_its_own_and_says_what_it_asks() -> None:
    assert not set(RULES) & set(COMPARISONS)
    assert all((rule.__doc__ or "").strip() for rule in (*RULES.values(), *COMPARISONS.values()))


def test_a_wildcard_is_judged_by_its_statement() -> None:
    statement = {"Sid": "All", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    plan = unit(resource("aws_iam_role_policy.this", policy=policy(statement)))
    reasons: Reasons = {"wildcards": {"app/aws_iam_role_policy.this All": "They have no names."}}
    assert judge([plan], reasons, whole=True).failed == ()
