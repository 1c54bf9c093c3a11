from __future__ import annotations

import json

from terrarium.cloud import lean_models


def test_prose_is_left_out_and_order_kept() -> None:
    content = {"b": {"documentation": "<p>long</p>", "type": "string"}, "a": [1], "c": "text"}
    model = lean_models.read(json.dumps(content).encode())
    assert model == {"b": {"documentation": "", "type": "string"}, "a": [1], "c": "text"}
    assert list(model) == ["b", "a", "c"]


def test_a_member_that_is_called_documentation_stays() -> None:
    members = {"documentation": {"shape": "String"}}
    assert lean_models.read(json.dumps({"members": members}).encode()) == {"members": members}
