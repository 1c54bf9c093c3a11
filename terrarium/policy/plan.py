"""Plans of units, in the JSON of ``terraform show``.

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
    """One instance of a managed resource after the plan.

    ``values`` are the known values; ``unknown`` has the same shape and is True for values that are
    known only after an apply. ``references`` are the addresses in each argument, with and without
    the attribute (``aws_s3_bucket.this.id``).
    """

    address: str
    type: str
    index: str | int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The address in the configuration, without instance keys."""
        return without_keys(self.address)

    def get(self, attribute: str) -> Any:
        """Return a value; None if it is null or unknown."""
        return self.values.get(attribute)

    def is_unknown(self, attribute: str) -> bool:
        return self.unknown.get(attribute) is True

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """Return the nested blocks of that name."""
        found = self.get(name)
        return [block for block in found or [] if isinstance(block, Mapping)]

    def refers_to(self, attribute: str, other: Resource) -> bool:
        """Return whether the argument is, or contains, the other resource.

        Compares values if they are known, else the references in the configuration.
        """
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
        """Return the resources of these types."""
        return (resource for resource in self.resources if resource.type in types)


def parse(text: str | bytes) -> Plan:
    """Parse a plan. Raises TerraformError unless it is plan JSON of format 1."""
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
    """Return an address without instance keys: ``aws_subnet.public`` for ``…public["a"]``."""
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
    """Yield each resource of a module and the modules it calls, with references by argument."""
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
    """Yield every reference of an expression, with nested blocks."""
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
