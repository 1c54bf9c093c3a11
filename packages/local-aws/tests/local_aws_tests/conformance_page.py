"""The conformance items, their tests, and the table of both in the reference.

``python -m local_aws_tests.conformance_page`` and ``invoke fmt`` write the table.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[4]

PAGE = ROOT / "docs" / "reference" / "load-balancer.md"

_TESTS = ROOT / "packages" / "local-aws" / "tests"
_ITEMS = _TESTS / "e2e" / "conformance" / "items.toml"
_TABLE = re.compile(r"(?<=<!-- items -->\n).*(?=<!-- /items -->\n)", re.DOTALL)
_HEAD = "| | AWS | | here | shown by |\n| --- | --- | --- | --- | --- |\n"


@dataclass(frozen=True, slots=True)
class Item:
    """``source`` has the letters of items.toml; ``reason`` is empty if the item is built."""

    number: int
    chapter: str
    statement: str
    source: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ItemTest:
    """A test that shows an item."""

    item: int
    path: Path
    name: str

    @property
    def sentence(self) -> str:
        return self.name.removeprefix("test_").replace("_", " ")


def items() -> tuple[Item, ...]:
    return tuple(Item(**item) for item in tomllib.loads(_ITEMS.read_text("utf-8"))["item"])


def item_tests() -> tuple[ItemTest, ...]:
    """Return every test with an item mark, without importing the tests."""
    return tuple(
        ItemTest(number, path, function.name)
        for path in sorted(_TESTS.rglob("test_*.py"))
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef)
        for decorator in function.decorator_list
        for number in _numbers(decorator)
    )


def rendered(text: str) -> str:
    """Return the page with an up-to-date table."""
    tests = item_tests()
    tables = []
    for chapter, of_chapter in groupby(items(), key=lambda item: item.chapter):
        rows = [_row(item, tests) for item in of_chapter]
        tables.append(f"### {chapter}\n\n{_HEAD}{''.join(rows)}\n")
    return _TABLE.sub(lambda _: "\n" + "".join(tables), text)


def _row(item: Item, tests: Sequence[ItemTest]) -> str:
    here = f"{item.status}: {item.reason}" if item.reason else item.status
    sentences = "; ".join(
        f"[{each.sentence}]({_link(each.path)})" for each in tests if each.item == item.number
    )
    cells = (item.number, item.statement, ", ".join(item.source), here, sentences)
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |\n"


def _link(path: Path) -> str:
    return f"../../{path.relative_to(ROOT).as_posix()}"


def _numbers(decorator: ast.expr) -> Iterator[int]:
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.item":
        yield from (ast.literal_eval(argument) for argument in decorator.args)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text("utf-8")), "utf-8")
    sys.exit()
