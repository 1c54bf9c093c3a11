"""Instance types of a zone, read from moto's files when a request asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

LoadResource = Callable[[str], Any]


class Offerings:
    """The offerings in one of moto's files; reads the file for every iteration."""

    def __init__(self, load: LoadResource, filename: str) -> None:
        self._load = load
        self._filename = filename

    def __iter__(self) -> Iterator[dict[str, Any]]:
        location_type = PurePath(self._filename).parent.name
        for offering in self._load(self._filename):
            yield {**offering, "LocationType": location_type}


def load_resource(original: LoadResource, filename: str) -> Any:
    is_offering = "instance_type_offerings" in filename
    return Offerings(original, filename) if is_offering else original(filename)
