"""Typed reading of a block's attributes, or of an object's that stands for a block.

Every ``Fields`` remembers what was asked for, so that ``finish`` can name what nobody knows.
"""

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
class Fields:
    """``what`` names the block in messages; ``block`` is where it stands, if it is one.

    Each reader returns None for an attribute that is absent or null.
    """

    body: Body
    scope: Scope
    what: str
    block: Block | None
    blocks: tuple[str, ...] = ()
    _asked: set[str] = field(default_factory=set)
    _object: Mapping[str, Any] | None = None
    _object_place: Place | None = None

    @classmethod
    def of_block(cls, block: Block, scope: Scope, blocks: tuple[str, ...] = ()) -> Fields:
        label = f" {block.labels[0]!r}" if block.labels else ""
        return cls(block.body, scope, f"{block.type}{label}", block, blocks)

    def has(self, name: str) -> bool:
        return name in (self.body.attributes if self._object is None else self._object)

    def value(self, name: str) -> Any:
        self._asked.add(name)
        if self._object is not None:
            found = self._object.get(name)
        else:
            attribute = self.body.attributes.get(name)
            found = None if attribute is None else evaluate(attribute.expression, self.scope)
        return None if is_null(found) else found

    def required(self, name: str) -> Any:
        found = self.value(name)
        if found is None and not self.has(name):
            self.refuse(name, f"{self.what} needs {name}")
        return found

    def text(self, name: str) -> str | None:
        found = self.value(name)
        return None if found is None else self.as_text(name, found)

    def as_text(self, name: str, value: Any) -> str:
        try:
            return to_string(value)
        except InvalidValueError as error:
            self.refuse(name, f"{self.what}: {name}: {error}")

    def required_text(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            self.refuse(name, f"{self.what} needs {name}")
        return found

    def texts(self, name: str) -> tuple[str, ...] | None:
        found = self.value(name)
        if found is None:
            return None
        if not isinstance(found, tuple):
            self.refuse(name, f"{self.what}: {name} must be a list of strings")
        return tuple(self.as_text(name, item) for item in found)

    def required_texts(self, name: str) -> tuple[str, ...]:
        found = self.texts(name)
        if found is None:
            self.refuse(name, f"{self.what} needs {name}")
        return found

    def patterns(self, name: str) -> tuple[str, ...]:
        """Return a required list of regular expressions; ``!`` before one is not part of it."""
        patterns = self.required_texts(name)
        for pattern in patterns:
            try:
                compile_pattern(pattern.removeprefix("!"))
            except InvalidValueError as error:
                self.refuse(name, f"{self.what}: {name}: {error}")
        return patterns

    def boolean(self, name: str) -> bool | None:
        found = self.value(name)
        if found is None:
            return None
        try:
            return to_bool(found)
        except InvalidValueError as error:
            self.refuse(name, f"{self.what}: {name}: {error}")

    def whole(self, name: str) -> int | None:
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

    def mapping(self, name: str) -> dict[str, Any] | None:
        found = self.value(name)
        if found is None:
            return None
        if not isinstance(found, Mapping):
            self.refuse(name, f"{self.what}: {name} must be an object")
        return dict(found)

    def choice(self, name: str, options: Sequence[str]) -> str | None:
        found = self.text(name)
        if found is not None and found not in options:
            self.refuse(name, f"{self.what}: {name} is one of {', '.join(options)}, not {found!r}")
        return found

    def nested(self, name: str) -> Fields:
        """The fields of an attribute that is an object (``generate = { path = … }``)."""
        return self._from_object(name, f"{self.what}: {name}", self.mapping(name) or {})

    def nested_each(self, name: str) -> Iterator[tuple[str, Fields]]:
        """The same for an object of such objects, by key."""
        for key, item in (self.mapping(name) or {}).items():
            if not isinstance(item, Mapping):
                self.refuse(name, f"{self.what}: {name}.{key} must be an object")
            yield key, self._from_object(name, f"{name} {key!r}", item)

    def place(self, name: str) -> Place:
        """Where an attribute stands; else its block."""
        if self._object_place is not None:
            return self._object_place
        attribute = self.body.attributes.get(name)
        if attribute is not None:
            return Place(attribute.file, attribute.line)
        if self.block is not None:
            return Place(self.block.file, self.block.line)
        return Place(Path(), 0)

    def refuse(self, name: str, message: str) -> NoReturn:
        place = self.place(name)
        raise ConfigurationError(message, file=place.file, line=place.line)

    def finish(self) -> None:
        """Refuse attributes and blocks that were not asked for."""
        if self._object is not None:
            for name in self._object:
                if name not in self._asked:
                    self.refuse(name, f"{self.what} has no attribute {name!r}")
            return
        for attribute in self.body.attributes.values():
            if attribute.name not in self._asked:
                self.refuse(attribute.name, f"{self.what} has no attribute {attribute.name!r}")
        for block in self.body.blocks:
            if block.type not in self.blocks:
                raise ConfigurationError(
                    f"{self.what} has no block {block.type!r}", file=block.file, line=block.line
                )

    def _from_object(self, name: str, what: str, value: Mapping[str, Any]) -> Fields:
        return Fields(
            self.body, self.scope, what, self.block, _object=value, _object_place=self.place(name)
        )


def label(block: Block) -> str:
    """The one label of a block."""
    if len(block.labels) != 1:
        refuse(block, f"block {block.type!r} takes one label")
    return block.labels[0]


def refuse(block: Block, message: str, hint: str | None = None) -> NoReturn:
    """Raises ConfigurationError for the line the block opens on."""
    raise ConfigurationError(message, file=block.file, line=block.line, hint=hint)
