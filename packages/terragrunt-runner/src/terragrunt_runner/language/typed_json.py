"""A value from JSON with the type that Terraform writes beside it in a state.

``["list", "string"]``, ``["object", {"a": "number"}]``: the encoding of go-cty.
"""

from __future__ import annotations

import json
from typing import Any

from terragrunt_runner.language.convert import convert
from terragrunt_runner.language.render import from_json
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    Collection,
    ObjectType,
    TupleType,
    Type,
)
from terragrunt_runner.language.values import Mismatch, Value

_PRIMITIVES = {"string": STRING, "number": NUMBER, "bool": BOOL, "dynamic": DYNAMIC}


def typed_value(value: Any, kind: Any) -> Value:
    """``value`` as parsed by :mod:`json`; without a type its shape decides."""
    plain = from_json(json.dumps(value))
    if kind is None:
        return plain
    try:
        return convert(plain, type_from_json(kind))
    except Mismatch:
        return plain


def type_from_json(kind: Any) -> Type:
    """Raises Mismatch for an encoding that is not known."""
    if isinstance(kind, str) and kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    if isinstance(kind, list) and len(kind) >= 2:
        name, inner = kind[0], kind[1]
        if name in ("list", "set", "map"):
            return Collection(name, type_from_json(inner))
        if name == "tuple":
            return TupleType(tuple(type_from_json(item) for item in inner))
        if name == "object":
            return ObjectType(tuple((key, type_from_json(inner[key])) for key in sorted(inner)))
    raise Mismatch(f"unknown type {kind!r}")
