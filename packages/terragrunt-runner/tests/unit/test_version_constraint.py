from __future__ import annotations

import pytest
from terragrunt_runner.config.version_constraint import satisfies
from terragrunt_runner.language.values import InvalidValueError


@pytest.mark.parametrize(
    ("version", "constraint", "expected"),
    [
        ("1.11.4", ">= 1.11", True),
        ("1.10.9", ">= 1.11", False),
        ("1.11.4", "~> 1.11", True),
        ("2.0.0", "~> 1.11", False),
        ("1.11.4", "~> 1.11.0", True),
        ("1.12.0", "~> 1.11.0", False),
        ("1.11.4", "1.11.4", True),
        ("1.11.4", "= 1.11.4, != 1.11.5", True),
        ("1.11.4", ">= 1.0, < 1.11", False),
        ("1.12.0-beta1", "> 1.11", False),
        ("1.12.0-beta1", ">= 1.12.0-alpha1", True),
        ("v0.89.4", ">= 0.82.4", True),
    ],
)
def test_a_version_satisfies_a_constraint(version: str, constraint: str, expected: bool) -> None:
    assert satisfies(version, constraint) is expected


@pytest.mark.parametrize("constraint", ["latest", ">> 1", "1.x", ""])
def test_an_invalid_constraint_is_refused(constraint: str) -> None:
    with pytest.raises(InvalidValueError):
        satisfies("1.0.0", constraint)
