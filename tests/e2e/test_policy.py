"""``invoke policy`` where both environments are applied: every policy document is known there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from terrarium.policy import checkov
from tests.e2e.clone import Clone

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module", autouse=True)
def shared_environment(both: Clone) -> None:
    """Share this checkout's environment of checkov with the clone."""
    checkov.python()
    shared = both.root / ".terrarium" / "policy"
    if not shared.exists():
        shared.symlink_to(checkov.FOLDER)


@pytest.fixture
def edited(both: Clone) -> Iterator[Clone]:
    """The clone, whose module ``load-balancer`` a test may change."""
    folder = both.root / "modules" / "load-balancer"
    before = {file: file.read_text() for file in folder.glob("*.tf")}
    yield both
    for file, text in before.items():
        file.write_text(text)


def test_modules_and_plans_of_both_environments_pass_and_nothing_is_unknown(both: Clone) -> None:
    done = both.invoke("policy", "--json", check=False)
    found = json.loads(done.stdout)
    assert found["failed"] == []
    assert found["unknown"] == []
    assert done.returncode == 0
    assert found["passed"] > 500
    for env in ("dev", "prod"):
        assert any(excuse["place"].startswith(f"live/{env}/") for excuse in found["skipped"])
    assert all(excuse["reason"] for excuse in (*found["skipped"], *found["excused"]))


def test_a_broken_module_fails_with_a_line_for_each_finding(edited: Clone) -> None:
    file = edited.root / "modules" / "load-balancer" / "security_group.tf"
    without_reason = re.sub(r"(checkov:skip=CKV_AWS_260):.*", r"\1", file.read_text())
    file.write_text(re.sub(r"(from|to)_port( +)= 80", r"\1_port\2= 22", without_reason))
    done = edited.invoke("policy", "--env", "dev", check=False)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    rule = "aws_vpc_security_group_ingress_rule.http"
    assert (
        f"live/dev/load-balancer: {rule}: ingress is open to everywhere (open-security-group-rules)"
    ) in lines
    in_source = f"modules/load-balancer/security_group.tf:\\d+: {re.escape(rule)}: a skip "
    in_plan = f"live/dev/load-balancer: {re.escape(rule)}: Ensure .* port 22 "
    for pattern in (rf"{in_source}gives no reason \(CKV_AWS_260\)", rf"{in_plan}\(CKV_AWS_24\)"):
        assert any(re.fullmatch(pattern, line) for line in lines), done.stdout
    assert f"{len(lines)} failed" in done.stderr


def test_an_unknown_environment_and_an_unknown_rule_are_refused_first(both: Clone) -> None:
    unknown = both.invoke("policy", "--env", "staging", check=False)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "unknown environment 'staging'" in unknown.stderr
    file = both.root / "live" / "policy.toml"
    before = file.read_text()
    file.write_text('[wildcard]\n"a/b" = "A reason."\n')
    try:
        done = both.invoke("policy", check=False)
    finally:
        file.write_text(before)
    assert done.returncode == 1
    assert "policy.toml: there is no rule 'wildcard'" in done.stderr
