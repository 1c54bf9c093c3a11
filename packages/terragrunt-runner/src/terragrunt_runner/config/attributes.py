"""Typed reading of the attributes of a block, or of an object that stands for a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from terragrunt_runner.config.model import Place
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.functions.regular_expressions import compile_pattern
from terragrunt_runner.language.convert import to_bool, to_number, to_string
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Block, Body
from terragrunt_runner.language.values import InvalidValueError, is_null


@dataclass(slots=True)
class Attributes:
    """Reads attributes and remembers which; ``finish`` refuses those that were not read.

    ``what`` names the block in messages; ``block`` is None for a whole file. Each method returns
    None for an attribute that is absent or null, and raises ConfigurationError for another type.
    """

    body: Body
    scope: Scope
    what: str
    block: Block | None = None
    blocks: tuple[str, ...] = ()
    _read: set[str] = field(default_factory=set)
    _object: Mapping[str, Any] | None = None
    _object_place: Place | None = None

    @classmethod
    def of_block(cls, block: Block, scope: Scope, blocks: tuple[str, ...] = ()) -> Attributes:
        """``blocks`` are the types of nested blocks that are allowed."""
        name = f" {block.labels[0]!r}" if block.labels else ""
        return cls(block.body, scope, f"{block.type}{name}", block, blocks)

    def has(self, name: str) -> bool:
        return name in (self.body.attributes if self._object is None else self._object)

    def value(self, name: str) -> Any:
        self._read.add(name)
        if self._object is not None:
            found = self._object.get(name)
        else:
            attribute = self.body.attributes.get(name)
            found = None if attribute is None else evaluate(attribute.expression, self.scope)
        return None if is_null(found) else found

    def string(self, name: str) -> str | None:
        found = self.value(name)
        return None if found is None else self.to_string(name, found)

    def to_string(self, name: str, value: Any) -> str:
        try:
            return to_string(value)
        except InvalidValueError as error:
            self.refuse(name, f"{self.what}: {name}: {error}")

    def strings(self, name: str) -> tuple[str, ...] | None:
        found = self.value(name)
        if found is None:
            return None
        if not isinstance(found, tuple):
            self.refuse(name, f"{self.what}: {name} must be a list of strings")
        return tuple(self.to_string(name, item) for item in found)

    def boolean(self, name: str) -> bool | None:
        found = self.value(name)
        try:
            return None if found is None else to_bool(found)
        except InvalidValueError as error:
            self.refuse(name, f"{self.what}: {name}: {error}")

    def integer(self, name: str) -> int | None:
        found = self.value(name)
        if found is None:
            return None
        try:
            number = to_number(found)
        except InvalidValueError as error:
            self.refuse(name, f"{self.what}: {name}: {error}")
        if not isinstance(number, int):
            self.refuse(name, f"{self.what}: {name} must be a whole number")
        return int(number)

    def object(self, name: str) -> dict[str, Any] | None:
        found = self.value(name)
        if found is None:
            return None
        if not isinstance(found, Mapping):
            self.refuse(name, f"{self.what}: {name} must be an object")
        return dict(found)

    def choice(self, name: str, options: Sequence[str]) -> str | None:
        found = self.string(name)
        if found is not None and found not in options:
            self.refuse(name, f"{self.what}: {name} is one of {', '.join(options)}, not {found!r}")
        return found

    def required(self, name: str) -> Any:
        """The value, which may be null. Raises ConfigurationError if the attribute is absent."""
        if not self.has(name):
            self._refuse_missing(name)
        return self.value(name)

    def required_string(self, name: str) -> str:
        found = self.string(name)
        return self._refuse_missing(name) if found is None else found

    def required_strings(self, name: str) -> tuple[str, ...]:
        found = self.strings(name)
        return self._refuse_missing(name) if found is None else found

    def patterns(self, name: str) -> tuple[str, ...]:
        """Return a required list of regular expressions; ``!`` before one is not part of it."""
        patterns = self.required_strings(name)
        for pattern in patterns:
            try:
                compile_pattern(pattern.removeprefix("!"))
            except InvalidValueError as error:
                self.refuse(name, f"{self.what}: {name}: {error}")
        return patterns

    def nested(self, name: str) -> Attributes:
        """The attributes of an object (``generate = { path = … }``)."""
        return self._nested(name, f"{self.what}: {name}", self.object(name) or {})

    def nested_objects(self, name: str) -> Iterator[tuple[str, Attributes]]:
        """Key and attributes of each object in an object of objects."""
        for key, item in (self.object(name) or {}).items():
            if not isinstance(item, Mapping):
                self.refuse(name, f"{self.what}: {name}.{key} must be an object")
            yield key, self._nested(name, f"{name} {key!r}", item)

    def place(self, name: str) -> Place:
        """The place of an attribute; if it is absent, of its block."""
        if self._object_place is not None:
            return self._object_place
        found = self.body.attributes.get(name) or self.block
        return Place(Path(), 0) if found is None else Place(found.file, found.line)

    def refuse(self, name: str, message: str) -> NoReturn:
        """Raise ConfigurationError at the place of an attribute."""
        place = self.place(name)
        raise ConfigurationError(message, file=place.file, line=place.line)

    def finish(self) -> None:
        """Raise ConfigurationError for an attribute or block that was not read."""
        for name in self.body.attributes if self._object is None else self._object:
            if name not in self._read:
                self.refuse(name, f"{self.what} has no attribute {name!r}")
        for block in () if self._object is not None else self.body.blocks:
            if block.type not in self.blocks:
                refuse(block, f"{self.what} has no block {block.type!r}")

    def _nested(self, name: str, what: str, value: Mapping[str, Any]) -> Attributes:
        return Attributes(
            self.body, self.scope, what, self.block, _object=value, _object_place=self.place(name)
        )

    def _refuse_missing(self, name: str) -> NoReturn:
        self.refuse(name, f"{self.what} needs {name}")


def label(block: Block) -> str:
    """Return the label of a block. Raises ConfigurationError unless there is exactly one."""
    if len(block.labels) != 1:
        refuse(block, f"block {block.type!r} takes one label")
    return block.labels[0]


def refuse(block: Block, message: str, hint: str | None = None) -> NoReturn:
    """Raise ConfigurationError at the first line of a block."""
    raise ConfigurationError(message, file=block.file, line=block.line, hint=hint)
