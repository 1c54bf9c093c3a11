"""Version constraints, as in ``terraform_version_constraint``.

Operators: ``=``, ``!=``, ``>``, ``>=``, ``<``, ``<=`` and ``~>``, joined by commas. A pre-release
precedes its release.
Source: https://developer.hashicorp.com/terraform/language/expressions/version-constraints
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from terragrunt_runner.language.values import InvalidValueError

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_TERM = re.compile(r"\s*(=|!=|>=|<=|>|<|~>)?\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Version:
    numbers: tuple[int, ...]
    pre: str = ""

    @property
    def key(self) -> tuple[tuple[int, ...], tuple[int, tuple[tuple[int, int, str], ...]]]:
        padded = (*self.numbers, 0, 0, 0)[: max(3, len(self.numbers))]
        parts = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in self.pre.split(".")
            if part
        )
        return padded, (0 if self.pre else 1, parts)


def parse_version(text: str) -> Version:
    """Parse ``1.2.3`` or ``v1.2.3-beta1``. Raises InvalidValueError for other text."""
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        raise InvalidValueError(f"{text!r} is not a version")
    return Version(tuple(int(part) for part in match[1].split(".")), match[2] or "")


def satisfies(version: str, constraint: str) -> bool:
    """True if a version meets every term of a constraint.

    Raises InvalidValueError for a malformed version or constraint.
    """
    found = parse_version(version)
    return all(_meets(found, term) for term in constraint.split(","))


def _meets(version: Version, term: str) -> bool:
    match = _TERM.fullmatch(term)
    if match is None:
        raise InvalidValueError(f"{term!r} is not a version constraint")
    operator, text = match[1] or "=", match[2]
    wanted = parse_version(text)
    if operator == "~>":
        return _pessimistic(version, wanted)
    if operator in (">", ">=", "<", "<=") and version.pre and not wanted.pre:
        # As HashiCorp's library: a range includes pre-releases only if its bound is one.
        return False
    return {
        "=": version.key == wanted.key,
        "!=": version.key != wanted.key,
        ">": version.key > wanted.key,
        ">=": version.key >= wanted.key,
        "<": version.key < wanted.key,
        "<=": version.key <= wanted.key,
    }[operator]


def _pessimistic(version: Version, wanted: Version) -> bool:
    """``~> 1.2.3``: at least 1.2.3, and all numbers before the last one are equal."""
    if version.pre and not wanted.pre:
        return False
    fixed = wanted.numbers[:-1]
    padded = (*version.numbers, 0, 0, 0)[: max(3, len(wanted.numbers))]
    return version.key >= wanted.key and padded[: len(fixed)] == fixed
