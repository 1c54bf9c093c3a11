"""moto's service models with each shape as text between the times it is asked for.

moto reads the whole model of a service to serve one operation of it. EC2's is 4,414 shapes in 10 MB
of objects, or 1 MB of text, and an environment uses a tenth of them; those that are in use botocore
keeps unfolded itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


class FoldedShapes(Mapping[str, Any]):
    """A dictionary of shapes to read from; whoever asks for one gets an object of their own."""

    def __init__(self, shapes: dict[str, Any]) -> None:
        self._texts = {name: _encode(shape) for name, shape in shapes.items()}

    def __getitem__(self, name: str) -> Any:
        return json.loads(self._texts[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def install() -> None:
    """Have moto fold every model that it loads from now on, when extras have been merged in."""
    from moto.core import utils

    load = utils._load_service_model

    def load_folded(service_name: str, model_name: str) -> dict[str, Any]:
        model: dict[str, Any] = load(service_name, model_name)
        if "shapes" in model:
            model["shapes"] = FoldedShapes(model["shapes"])
        return model

    utils._load_service_model = load_folded


_encode = json.JSONEncoder(separators=(",", ":")).encode
