from __future__ import annotations

from pathlib import Path

from terrarium.policy import report
from terrarium.policy.checkov import CheckResult, Scan
from terrarium.policy.evaluation import Evaluation, Result
from terrarium.policy.plan import Plan
from terrarium.policy.report import Excuse, Failure, Report, Skip
from terrarium.policy.rules import Finding
from terrarium.policy.unit_plan import UnitPlan

ROOT = Path("/w")
MODULE = ROOT / "modules" / "storage"
PLAN = Path("/tmp/x/prod/storage/tfplan.json")  # noqa: S108 - a name only
BUCKET = "aws_s3_bucket.this"


def check(file: Path, line: int = 0, guideline: str | None = None) -> CheckResult:
    return CheckResult("CKV_AWS_18", "Ensure access logging", file, line, BUCKET, guideline)


def skip(reason: str = "These are the logs.", address: str = BUCKET) -> Skip:
    return Skip(MODULE / "main.tf", 4, address, "CKV_AWS_18", reason)


def scan(*, failed: tuple[CheckResult, ...] = (), skipped: tuple[CheckResult, ...] = ()) -> Scan:
    return Scan(frozenset(), 10, failed, skipped)


def test_a_failed_check_of_a_module_is_a_line_with_file_resource_and_guideline() -> None:
    found = report.of_modules(
        scan(failed=(check(MODULE / "main.tf", 3, "https://example.com/s3"),)), [], ROOT
    )
    assert [str(failure) for failure in found.failed] == [
        f"modules/storage/main.tf:3: {BUCKET}: Ensure access logging (CKV_AWS_18)"
        " https://example.com/s3"
    ]
    assert found.passed == 10


def test_a_skip_without_a_reason_fails_and_one_with_a_reason_is_reported() -> None:
    skipped = scan(skipped=(check(MODULE / "main.tf", 3),))
    found = report.of_modules(skipped, [skip()], ROOT)
    excuse = Excuse("CKV_AWS_18", "modules/storage/main.tf:3", BUCKET, "These are the logs.")
    assert (found.failed, found.skipped) == ((), (excuse,))
    bare = report.of_modules(skipped, [skip("")], ROOT)
    assert [str(failure) for failure in bare.failed] == [
        f"modules/storage/main.tf:4: {BUCKET}: a skip gives no reason (CKV_AWS_18)"
    ]
    assert bare.skipped == ()


def of_plans(*skips: Skip, module: Path | None = MODULE) -> Report:
    plan = UnitPlan("prod", "storage", Plan(()), module=module)
    return report.of_plans(scan(failed=(check(PLAN),)), {PLAN: plan}, skips)


def test_a_skip_in_a_module_applies_to_the_plans_of_its_units() -> None:
    found = of_plans(skip())
    assert found.failed == ()
    assert found.skipped == (
        Excuse("CKV_AWS_18", "live/prod/storage", BUCKET, "These are the logs."),
    )


def test_a_skip_of_another_module_or_resource_does_not_apply() -> None:
    failure = Failure("CKV_AWS_18", "live/prod/storage", BUCKET, "Ensure access logging")
    for found in (
        of_plans(skip(), module=ROOT / "modules" / "network"),
        of_plans(skip(), module=None),
        of_plans(skip(address="aws_s3_bucket.other")),
        of_plans(skip("")),
        of_plans(),
    ):
        assert (found.failed, found.skipped) == ((failure,), ())


def test_findings_of_rules_are_reported_by_unit_and_statement() -> None:
    finding = Finding("storage", "aws_iam_policy.this", "it allows the resource *", "Read")
    found = report.of_rules(
        Evaluation(
            failed=(Result("wildcards", "prod", finding),),
            excused=(Result("wildcards", "dev", finding, "No narrower form."),),
            unused=(("open-routes", "network/aws_route.gone"),),
            unknown=("dev/app/aws_iam_policy.this",),
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
    assert found.unknown == ("dev/app/aws_iam_policy.this",)


def test_reports_are_added_in_order() -> None:
    one, two = (Failure(name, "p", "r", "m") for name in "ab")
    excuse = Excuse("a", "p", "r", "why")
    whole = Report(1, (one,), (excuse,)) + Report(2, (two,), (), (excuse,), ("unknown",))
    assert whole == Report(3, (one, two), (excuse,), (excuse,), ("unknown",))


SKIPS = """\
resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:These are the logs.
  # checkov:skip=CKV_AWS_144,CKV_AWS_145: One Region is enough.
  bucket = "b"

  lifecycle {
    prevent_destroy = true
  }
  #checkov:skip=CKV2_AWS_62
}

#checkov:skip=CKV_AWS_21:Lost.
data "aws_iam_policy_document" "this" {
  #checkov:skip=CKV_AWS_356:
}
"""


def test_a_skip_belongs_to_the_block_around_it(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SKIPS)
    found = report.find_skips(tmp_path)
    assert [(s.line, s.address, s.check, s.reason) for s in found] == [
        (2, "aws_s3_bucket.this", "CKV_AWS_18", "These are the logs."),
        (3, "aws_s3_bucket.this", "CKV_AWS_144", "One Region is enough."),
        (3, "aws_s3_bucket.this", "CKV_AWS_145", "One Region is enough."),
        (9, "aws_s3_bucket.this", "CKV2_AWS_62", ""),
        (12, "", "CKV_AWS_21", "Lost."),
        (14, "aws_iam_policy_document.this", "CKV_AWS_356", ""),
    ]


def test_a_skip_without_a_reason_or_a_resource_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SKIPS)
    assert [(s.line, s.problem) for s in report.find_skips(tmp_path) if s.problem] == [
        (9, "gives no reason"),
        (12, "is outside of every resource, where it has no effect"),
        (14, "gives no reason"),
    ]
