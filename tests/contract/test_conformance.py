"""The load balancer's reference page agrees with its conformance tests."""

from __future__ import annotations

import pytest
from local_aws_tests import conformance_page as page

from terrarium import settings

ITEMS = page.items()
TESTS = page.item_tests()


def test_the_items_are_numbered_without_a_gap() -> None:
    assert [item.number for item in ITEMS] == list(range(1, len(ITEMS) + 1))


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: str(item.number))
def test_an_item_has_a_test_or_is_refused_with_a_reason(item: page.Item) -> None:
    assert item.status in {"built", "differs", "refused"}
    assert bool(item.reason) is (item.status != "built")
    assert set(item.source) <= set("DOI")
    assert item.status == "refused" or any(each.item == item.number for each in TESTS)


def test_a_marked_test_names_an_existing_item() -> None:
    assert {each.item for each in TESTS} <= {item.number for item in ITEMS}


def test_every_conformance_test_is_marked_with_its_items() -> None:
    named = {(each.path.name, each.name) for each in TESTS}
    folder = settings.ROOT / "packages" / "local-aws" / "tests" / "e2e" / "conformance"
    written = {
        (path.name, line.split("(")[0].removeprefix("def "))
        for path in folder.glob("test_*.py")
        for line in path.read_text().splitlines()
        if line.startswith("def test_")
    }
    assert written
    assert written <= named


def test_the_reference_is_up_to_date() -> None:
    text = page.PAGE.read_text("utf-8")
    assert "<!-- items -->" in text
    assert page.rendered(text) == text, "write it again: ./inv fmt"
