"""Read the instance types that a zone offers when a request asks for them.

moto keeps the offerings of all zones of all Regions in memory: 50 MB of the 230 MB that the control
plane took without this patch. Apply it before moto's EC2 is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

from moto.utilities import utils


class Offerings:
    """Offerings in one of moto's files; reads the file for every iteration."""

    def __init__(self, load_resource: Callable[[str], Any], filename: str) -> None:
        self._load_resource = load_resource
        self._filename = filename

    def __iter__(self) -> Iterator[dict[str, Any]]:
        location_type = PurePath(self._filename).parent.name
        for offering in self._load_resource(self._filename):
            yield {**offering, "LocationType": location_type}


def install() -> None:
    original = utils.load_resource

    def load_resource(filename: str) -> Any:
        is_offering = "instance_type_offerings" in filename
        return Offerings(original, filename) if is_offering else original(filename)

    utils.load_resource = load_resource
