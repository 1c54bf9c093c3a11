from __future__ import annotations

from pathlib import Path

from terrarium.policy import verdict
from terrarium.policy.checkov import Check, Report
from terrarium.policy.finding import Finding
from terrarium.policy.judgement import Judgement, Ruling
from terrarium.policy.skips import Skip
from terrarium.policy.units import UnitPlan
from terrarium.policy.verdict import Excuse, Failure, Verdict
from terrarium.terraform.plan import Plan

ROOT = Path("/w")
MODULE = ROOT / "modules" / "storage"
PLAN = Path("/tmp/x/prod/storage/tfplan.json")  # noqa: S108 - a name only
BUCKET = "aws_s3_bucket.this"


def check(file: Path, line: int = 0, guideline: str | None = None) -> Check:
    return Check("CKV_AWS_18", "Ensure access logging", file, line, BUCKET, guideline)


def skip(reason: str = "These are the logs.", address: str = BUCKET) -> Skip:
    return Skip(MODULE / "main.tf", 4, address, "CKV_AWS_18", reason)


def report(*, failed: tuple[Check, ...] = (), skipped: tuple[Check, ...] = ()) -> Report:
    return Report(frozenset(), 10, failed, skipped)


def test_a_failed_check_of_a_module_is_a_line_with_file_resource_and_guideline() -> None:
    found = verdict.of_modules(
        report(failed=(check(MODULE / "main.tf", 3, "https://example.com/s3"),)), [], ROOT
    )
    assert [str(failure) for failure in found.failed] == [
        f"modules/storage/main.tf:3: {BUCKET}: Ensure access logging (CKV_AWS_18)"
        " https://example.com/s3"
    ]
    assert found.passed == 10


def test_a_skip_without_a_reason_fails_and_one_with_a_reason_is_told() -> None:
    skipped = report(skipped=(check(MODULE / "main.tf", 3),))
    found = verdict.of_modules(skipped, [skip()], ROOT)
    excuse = Excuse("CKV_AWS_18", "modules/storage/main.tf:3", BUCKET, "These are the logs.")
    assert (found.failed, found.skipped) == ((), (excuse,))
    bare = verdict.of_modules(skipped, [skip("")], ROOT)
    assert [str(failure) for failure in bare.failed] == [
        f"modules/storage/main.tf:4: {BUCKET}: a skip that gives no reason (CKV_AWS_18)"
    ]
    assert bare.skipped == ()


def of_plans(*skips: Skip, module: Path | None = MODULE) -> Verdict:
    plan = UnitPlan("prod", "storage", Plan(()), module=module)
    return verdict.of_plans(report(failed=(check(PLAN),)), {PLAN: plan}, skips)


def test_what_a_module_skips_is_skipped_in_the_plans_of_its_units() -> None:
    found = of_plans(skip())
    assert found.failed == ()
    assert found.skipped == (
        Excuse("CKV_AWS_18", "live/prod/storage", BUCKET, "These are the logs."),
    )


def test_what_another_module_or_resource_skips_fails_in_a_plan() -> None:
    failure = Failure("CKV_AWS_18", "live/prod/storage", BUCKET, "Ensure access logging")
    for found in (
        of_plans(skip(), module=ROOT / "modules" / "network"),
        of_plans(skip(), module=None),
        of_plans(skip(address="aws_s3_bucket.other")),
        of_plans(skip("")),
        of_plans(),
    ):
        assert (found.failed, found.skipped) == ((failure,), ())


def test_what_rules_find_is_told_by_unit_and_statement() -> None:
    finding = Finding("storage", "aws_iam_policy.this", "it allows the resource *", "Read")
    found = verdict.of_rules(
        Judgement(
            failed=(Ruling("wildcards", "prod", finding),),
            excused=(Ruling("wildcards", "dev", finding, "No narrower form."),),
            unused=(("open-routes", "network/aws_route.gone"),),
            unseen=("dev/app/aws_iam_policy.this",),
        )
    )
    assert [str(failure) for failure in found.failed] == [
        "live/prod/storage: aws_iam_policy.this Read: it allows the resource * (wildcards)",
        "live/policy.toml: network/aws_route.gone: this reason excuses nothing any more"
        " (open-routes)",
    ]
    assert found.excused == (
        Excuse("wildcards", "live/dev/storage", "aws_iam_policy.this Read", "No narrower form."),
    )
    assert found.unseen == ("dev/app/aws_iam_policy.this",)


def test_verdicts_are_put_together_in_their_order() -> None:
    one, two = (Failure(name, "p", "r", "m") for name in "ab")
    excuse = Excuse("a", "p", "r", "why")
    whole = verdict.together(
        [Verdict(1, (one,), (excuse,)), Verdict(2, (two,), (), (excuse,), ("seen",))]
    )
    assert whole == Verdict(3, (one, two), (excuse,), (excuse,), ("seen",))
