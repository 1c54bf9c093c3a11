from __future__ import annotations

import json

import pytest
from local_aws import lean_models


def test_prose_is_left_out_and_order_kept() -> None:
    content = {"b": {"documentation": "<p>long</p>", "type": "string"}, "a": [1], "c": "text"}
    model = lean_models.read(json.dumps(content).encode())
    assert model == {"b": {"documentation": "", "type": "string"}, "a": [1], "c": "text"}
    assert list(model) == ["b", "a", "c"]


def test_a_member_that_is_called_documentation_stays() -> None:
    members = {"documentation": {"shape": "String"}}
    assert lean_models.read(json.dumps({"members": members}).encode()) == {"members": members}


_MODEL = {
    "version": "2.0",
    "metadata": {"operations": "of another kind"},
    "operations": {
        "Get": {"input": {"shape": "Ask"}, "errors": [{"shape": "Gone"}], "documentation": "<p>"},
        "Put": {"input": {"shape": "Other"}},
    },
    "shapes": {
        "Ask": {"type": "structure", "members": {"shape": {"shape": "Text"}}},
        "Text": {"type": "string", "documentation": '{"}]'},
        "Other": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Other"}},
        "Gone": {"type": "structure", "members": {"Why": {"shape": "Tree"}}, "exception": True},
        "Tree": {"type": "list", "member": {"shape": "Tree"}},
    },
    "clientContextParams": {},
}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_part_has_what_its_operations_reach(indent: int | None) -> None:
    part = lean_models.part(json.dumps(_MODEL, indent=indent).encode(), ["Get"])
    whole = lean_models.read(json.dumps(_MODEL).encode())
    assert part["operations"] == {"Get": whole["operations"]["Get"]}
    assert part["operations"]["Get"]["documentation"] == ""
    assert part["shapes"].keys() == {"Ask", "Text", "Gone", "Tree"}
    assert part["shapes"].items() <= whole["shapes"].items()
    rest = ("version", "metadata", "clientContextParams")
    assert [part[name] for name in rest] == [whole[name] for name in rest]


def test_a_part_reaches_through_maps() -> None:
    part = lean_models.part(json.dumps(_MODEL).encode(), ["Put"])
    assert part["shapes"].keys() == {"Other", "Text"}


def test_an_operation_that_is_not_there_is_no_part() -> None:
    with pytest.raises(KeyError, match="Delete"):
        lean_models.part(json.dumps(_MODEL).encode(), ["Delete"])
