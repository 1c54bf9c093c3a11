"""The rules, their page and the reasons against them agree."""

from __future__ import annotations

import re

from terrarium import settings
from terrarium.policy import reasons
from terrarium.policy.rules import COMPARISONS, RULES

PAGE = settings.ROOT / "docs" / "how-to" / "answer-a-policy-finding.md"


def test_the_page_names_every_rule_and_no_other() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert named == sorted({*RULES, *COMPARISONS})


def test_every_reason_names_a_resource_of_an_existing_unit() -> None:
    units = {name for env in settings.environments().values() for name in env.units}
    for rule, table in reasons.read({*RULES, *COMPARISONS}).items():
        for key in table:
            unit, _, rest = key.partition("/")
            assert unit in units, f"{rule}: {key}"
            assert re.fullmatch(r"aws_\w+\.\w+( \S+)?", rest), f"{rule}: {key}"
