from __future__ import annotations

from typing import Any

import pytest

from terrarium.policy.rules.sizes import smaller
from tests.unit.policy.plans import Reference, found, resource, unit

FUNCTION = "aws_lambda_function.this"


def compared(here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    """Findings for a function with some values in prod and others in dev."""
    prod = unit(resource(FUNCTION, **here))
    dev = unit(resource(FUNCTION, **there), env="dev", is_protected=False)
    return found(smaller(prod, dev))


@pytest.mark.parametrize(
    ("name", "here", "there", "is_smaller"),
    [
        ("memory_size", 128, 256, True),
        ("memory_size", 256, 256, False),
        ("memory_size", 512, 256, False),
        ("publish", False, True, False),  # no size
        ("retention_in_days", 90, 0, True),  # 0 keeps them forever
        ("retention_in_days", 0, 90, False),
        ("reserved_concurrent_executions", 50, -1, True),  # -1 is all that there is
        ("reserved_concurrent_executions", -1, 50, False),
        ("subnet_ids", ["a"], ["a", "b"], True),
        ("memory_size", Reference("var.x"), 256, False),  # not known yet
        ("rule", [{"limit": 1}], [{"limit": 1}, {"limit": 2}], True),
        ("count", [], [{"custom": []}], False),  # a switch
    ],
)
def test_a_number_or_a_list_that_is_smaller_in_prod_is_found(
    name: str, here: Any, there: Any, is_smaller: bool
) -> None:
    assert compared({name: here}, {name: there}) == (
        [f"app/{FUNCTION} {name}"] if is_smaller else []
    )


def test_a_number_deep_inside_is_found_by_its_path() -> None:
    here = {"rule": [{"statement": [{"limit": 100}]}]}
    there = {"rule": [{"statement": [{"limit": 1000}]}]}
    assert compared(here, there) == [f"app/{FUNCTION} rule.0.statement.0.limit"]


def test_a_finding_says_both_sizes() -> None:
    prod = unit(resource(FUNCTION, memory_size=128))
    dev = unit(resource(FUNCTION, memory_size=256), env="dev", is_protected=False)
    assert [f.message for f in smaller(prod, dev)] == ["memory_size is 128, 256 in dev"]


def test_fewer_resources_in_prod_are_found_and_more_are_not() -> None:
    zones = [resource(f'aws_nat_gateway.this["{zone}"]', zone) for zone in "abc"]
    one, two = unit(*zones[:1]), unit(*zones[:2], env="dev", is_protected=False)
    assert found(smaller(one, two)) == ["app/aws_nat_gateway.this"]
    assert found(smaller(unit(*zones), two)) == []


def test_instances_of_one_resource_are_one_finding() -> None:
    here = [resource(f'aws_subnet.this["{zone}"]', zone, size=1) for zone in "ab"]
    there = [resource(f'aws_subnet.this["{zone}"]', zone, size=2) for zone in "ab"]
    dev = unit(*there, env="dev", is_protected=False)
    assert found(smaller(unit(*here), dev)) == ["app/aws_subnet.this size"]
