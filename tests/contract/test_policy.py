"""The checks, the rules, their page and the reasons agree."""

from __future__ import annotations

import re

from terrarium import settings
from terrarium.policy.checkov import CHECKS
from terrarium.policy.evaluation import read_reasons
from terrarium.policy.rules import COMPARISONS, RULES

PAGE = settings.ROOT / "docs" / "how-to" / "answer-a-policy-finding.md"


def test_the_page_names_every_rule_and_every_check() -> None:
    page = PAGE.read_text("utf-8")
    named = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert named == sorted({*RULES, *COMPARISONS})
    sources = "".join(file.read_text("utf-8") for file in CHECKS.iterdir() if file.is_file())
    checks = set(re.findall(r"TERRARIUM_[A-Z_]+", sources))
    assert re.findall(r"^\| `(TERRARIUM_[A-Z_]+)` \|", page, re.MULTILINE) == sorted(checks)


def test_every_reason_names_a_resource_of_an_existing_unit() -> None:
    units = {name for env in settings.environments().values() for name in env.units}
    for rule, table in read_reasons().items():
        for key in table:
            unit, _, rest = key.partition("/")
            assert unit in units, f"{rule}: {key}"
            assert re.fullmatch(r"aws_\w+\.\w+( \S+)?", rest), f"{rule}: {key}"
