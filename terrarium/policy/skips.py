"""Inline skips of checkov in a module: ``#checkov:skip=CKV_AWS_18:the reason`` inside a block.

checkov itself honours them in the module's source. A plan has no comments, so that there it is done
here: what is skipped in a unit's module is skipped in the unit's plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SKIP = re.compile(
    r"(?:checkov|bridgecrew|cortex):skip= *(?P<checks>[\w-]+(?:,[\w-]+)*)(?::(?P<reason>.*))?"
)
_BLOCK = re.compile(r'^(?:resource|data) "(?P<type>[^"]+)" "(?P<name>[^"]+)" \{')


@dataclass(frozen=True, slots=True)
class Skip:
    """``address`` is the resource's, empty for a comment that stands in none; ``line`` counts from
    1."""

    file: Path
    line: int
    address: str
    check: str
    reason: str

    @property
    def problem(self) -> str | None:
        """What is wrong with it, if anything is."""
        if not self.address:
            return "stands outside of every resource, where it skips nothing"
        return None if self.reason else "gives no reason"


def of(module: Path) -> list[Skip]:
    """Every inline skip of the module's own files, in their order."""
    return [skip for file in sorted(module.glob("*.tf")) for skip in _of_file(file)]


def _of_file(file: Path) -> Iterator[Skip]:
    address = ""
    for line, text in enumerate(file.read_text("utf-8").splitlines(), 1):
        if block := _BLOCK.match(text):
            address = f"{block['type']}.{block['name']}"
        elif text.startswith("}"):  # formatted: nothing else begins a line with it
            address = ""
        elif skip := _SKIP.search(text):
            for check in skip["checks"].split(","):
                yield Skip(file, line, address, check, (skip["reason"] or "").strip())
