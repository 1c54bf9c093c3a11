"""botocore's service models without their prose, and only the parts of them that are called.

The models are JSON files whose documentation nobody asks for here, and botocore keeps each of their
objects as an OrderedDict, at twice the size of a dict that keeps its order as well. Without that,
they take half the memory; a part takes hardly any.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO, Any

_PROSE = frozenset({"documentation", "documentationUrl"})


def install() -> None:
    """Have every model that botocore loads from now on be read this way."""
    from botocore.loaders import JSONFileLoader

    def load(
        _: JSONFileLoader, full_path: str, open_method: Callable[[str, str], IO[bytes]]
    ) -> dict[str, Any] | None:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            return read(file.read())

    JSONFileLoader._load_file = load  # type: ignore[attr-defined]


def read(content: bytes) -> dict[str, Any]:
    model: dict[str, Any] = json.loads(content, object_pairs_hook=_object)
    return model


def part(content: bytes, operations: Collection[str]) -> dict[str, Any]:
    """Of a service model these operations and the shapes that they reach.

    Of the rest one value at a time is in memory: a process keeps what it once took, and the whole
    model of EC2 is more than everything else that its clients need. Raises KeyError for an
    operation that is not there.
    """
    text = content.decode()
    places, _ = _places(text, 0, into={"operations", "shapes"})
    operation_places, shape_places = places.pop("operations"), places.pop("shapes")
    model = {name: _value(text, at) for name, at in places.items()}
    model["operations"] = {name: _value(text, operation_places[name]) for name in operations}
    model["shapes"] = shapes = {}
    waiting = set(_named_shapes(model["operations"]))
    while waiting:
        name = waiting.pop()
        shapes[name] = _value(text, shape_places[name])
        waiting.update(_named_shapes(shapes[name]))
        waiting -= shapes.keys()
    return model


def _places(text: str, at: int, into: Collection[str] = ()) -> tuple[dict[str, Any], int]:
    """Where each value of the object at this place begins, and where the object ends.

    For the names in ``into``, whose values are objects, it is the places within each.
    """
    places: dict[str, Any] = {}
    at = _next(text, at + 1)
    while text[at] != "}":
        name, at = _SKIMMED.raw_decode(text, at)
        at = _next(text, at)
        if name in into:
            places[name], at = _places(text, at)
        else:
            places[name] = at
            _, at = _SKIMMED.raw_decode(text, at)
        at = _next(text, at)
    return places, at + 1


def _next(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return at if found is None else found.end()


def _value(text: str, at: int) -> Any:
    return _KEPT.raw_decode(text, at)[0]


def _named_shapes(value: Any) -> Iterator[str]:
    """The shapes that part of a model names."""
    if isinstance(value, dict):
        shape = value.get("shape")
        if isinstance(shape, str):
            yield shape
        for each in value.values():
            yield from _named_shapes(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named_shapes(each)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A member of a structure may be called so: then its value is an object, never text. botocore
    # asks a few objects for their documentation, so it is empty and not absent.
    return {
        name: "" if name in _PROSE and isinstance(value, str) else value for name, value in pairs
    }


_BETWEEN = re.compile(r"[\s:,]*")
_SKIMMED = json.JSONDecoder()
_KEPT = json.JSONDecoder(object_pairs_hook=_object)
