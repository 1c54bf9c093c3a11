"""A plan as ``terraform show -json`` writes it: what each resource will be once it is applied.

Source: Terraform documentation, "JSON Output Format", plan representation 1.x.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from terrarium.errors import TerraformError

_INSTANCE_KEY = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]')
_IDENTITIES = ("id", "arn", "bucket", "name")


@dataclass(frozen=True, slots=True)
class Resource:
    """One instance of a managed resource as the plan leaves it.

    ``values`` holds what is known already; ``unknown``, in the shape of the values, is true for
    what is known only once it is applied. ``references`` are, by argument, the addresses that the
    configuration reads there, with and without the attribute (``aws_s3_bucket.this.id``).
    """

    address: str
    type: str
    index: str | int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The address without instance keys: what the configuration calls it."""
        return without_keys(self.address)

    def get(self, attribute: str) -> Any:
        """A value; None where it is null or not known yet."""
        return self.values.get(attribute)

    def is_unknown(self, attribute: str) -> bool:
        return self.unknown.get(attribute) is True

    def is_set(self, attribute: str) -> bool:
        """Whether it has a value that is not empty, or will have one that is not known yet."""
        return bool(self.get(attribute)) or _holds_true(self.unknown.get(attribute))

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """The nested blocks of that name."""
        found = self.get(name)
        return [block for block in found or [] if isinstance(block, Mapping)]

    def refers_to(self, attribute: str, other: Resource) -> bool:
        """Whether the argument is, or lists, the other resource: by its value where that is known,
        else by what the configuration refers to."""
        value = self.get(attribute)
        known = [item for item in (value if isinstance(value, list) else [value]) if item]
        identities = [other.get(name) for name in _IDENTITIES if other.get(name)]
        if known and identities:
            return any(item in identities for item in known)
        references = self.references.get(attribute, frozenset())
        if any(name.startswith(f"{other.base}[") for name in references):
            return other.address in references
        same_key = self.index is None or other.index is None or self.index == other.index
        return other.base in references and same_key


@dataclass(frozen=True, slots=True)
class Plan:
    """The managed resources of one root module after its plan, by address."""

    resources: tuple[Resource, ...]

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of these types."""
        return (resource for resource in self.resources if resource.type in types)


def parse(text: str | bytes) -> Plan:
    """Read a plan. Raises TerraformError for what is not plan JSON of format 1."""
    try:
        document = json.loads(text)
        if not str(document["format_version"]).startswith("1."):
            raise TerraformError(
                f"plan JSON of format {document['format_version']} is not known",
                hint="use Terraform 1.11 or newer, below 2",
            )
        references = dict(_references(document["configuration"].get("root_module", {}), ""))
        resources = [
            _resource(change, references.get(without_keys(change["address"]), {}))
            for change in document.get("resource_changes", [])
            if change["mode"] == "managed" and change["change"]["after"] is not None
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TerraformError("this is not a plan as terraform show -json writes it") from None
    return Plan(tuple(sorted(resources, key=lambda resource: resource.address)))


def without_keys(address: str) -> str:
    """An address without instance keys: ``aws_subnet.public["a"]`` is ``aws_subnet.public``."""
    return _INSTANCE_KEY.sub("", address)


def _resource(change: Mapping[str, Any], references: Mapping[str, frozenset[str]]) -> Resource:
    after, unknown = change["change"]["after"], change["change"].get("after_unknown")
    return Resource(
        address=change["address"],
        type=change["type"],
        index=change.get("index"),
        values=after,
        unknown=unknown if isinstance(unknown, dict) else {},
        references=references,
    )


def _references(
    module: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, dict[str, frozenset[str]]]]:
    """By resource of this module and those it calls: argument to what it reads."""
    for resource in module.get("resources", []):
        yield (
            prefix + resource["address"],
            {
                argument: frozenset(prefix + name for name in _named(expression))
                for argument, expression in resource.get("expressions", {}).items()
            },
        )
    for name, call in module.get("module_calls", {}).items():
        yield from _references(call["module"], f"{prefix}module.{name}.")


def _named(expression: Any) -> Iterator[str]:
    """Every reference of an expression, nested blocks included."""
    if isinstance(expression, list):
        for item in expression:
            yield from _named(item)
    elif isinstance(expression, dict):
        found = expression.get("references")
        if isinstance(found, list) and all(isinstance(name, str) for name in found):
            yield from found
        else:
            for item in expression.values():
                yield from _named(item)


def _holds_true(unknown: Any) -> bool:
    if isinstance(unknown, dict):
        return any(_holds_true(item) for item in unknown.values())
    if isinstance(unknown, list):
        return any(_holds_true(item) for item in unknown)
    return unknown is True
