"""Decoding of a parsed file into a :class:`Config`.

An unknown block or attribute is refused with file, line and name. With ``without_outputs``,
everything that reads ``dependency`` is left out: the graph of units is built this way before any
unit was applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terragrunt_runner.config.attributes import Attributes, label, refuse
from terragrunt_runner.config.base_blocks import decode_features
from terragrunt_runner.config.blocks import (
    decode_dependency,
    decode_dependency_paths,
    decode_errors,
    decode_exclude,
    decode_generate,
    decode_remote_state,
    decode_terraform,
)
from terragrunt_runner.config.model import Config, Dependency, GeneratedFile, Place
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Body, Expression

STRINGS = (
    "download_dir",
    "terraform_binary",
    "terraform_version_constraint",
    "terragrunt_version_constraint",
    "iam_role",
    "iam_assume_role_session_name",
    "iam_web_identity_token",
)
"""Attributes of a file that are strings."""

_ATTRIBUTES = frozenset(
    {*STRINGS, "inputs", "prevent_destroy", "iam_assume_role_duration", "remote_state", "generate"}
)
_REMOVED_ATTRIBUTES = {
    "skip": "use an exclude block",
    "retryable_errors": "use errors { retry … }",
    "retry_max_attempts": "use errors { retry … }",
    "retry_sleep_interval_sec": "use errors { retry … }",
}
_LABELS = {
    "dependencies": 0,
    "dependency": 1,
    "errors": 0,
    "exclude": 0,
    "feature": 1,
    "generate": 1,
    "include": 1,
    "locals": 0,
    "remote_state": 0,
    "terraform": 0,
}
"""The blocks of a file, with the number of their labels."""

_SINGLE = frozenset({"terraform", "remote_state", "dependencies", "exclude", "errors", "locals"})
_UNSUPPORTED_BLOCKS = {
    "catalog": "catalogs",
    "engine": "engines",
    "stack": "stacks",
    "unit": "stacks",
    "import": "import blocks",
    "values": "stack values",
}


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """``for_graph`` also leaves out ``inputs``, ``generate`` and ``errors``."""

    without_outputs: bool = False
    for_graph: bool = False

    def skips(self, name: str, item: Body | Expression) -> bool:
        if self.for_graph and name in ("inputs", "generate", "errors"):
            return True
        return self.without_outputs and _reads_dependency(item)


def decode(body: Body, file: Path, scope: Scope, options: DecodeOptions) -> Config:
    """Evaluate the blocks and attributes of a file, except ``include`` and ``locals``.

    Raises ConfigurationError with file and line.
    """
    _check(body)
    values: dict[str, Any] = {"features": decode_features(body, scope)}
    values.update(_attributes(body, scope, options))
    generate: dict[str, GeneratedFile] = values.pop("generate", {})
    dependencies: dict[str, Dependency] = {}
    for block in body.blocks:
        if block.type == "dependency":
            dependency = decode_dependency(block, scope)
            if dependency.name in dependencies:
                refuse(block, f"a second dependency block named {dependency.name!r}")
            dependencies[dependency.name] = dependency
        elif options.skips(block.type, block.body):
            continue
        elif block.type == "generate":
            file_block = decode_generate(label(block), Attributes.of_block(block, scope))
            if file_block.name in generate:
                refuse(block, f"a second generate block named {file_block.name!r}")
            generate[file_block.name] = file_block
        elif block.type == "terraform":
            values["terraform"] = decode_terraform(block, scope)
        elif block.type == "remote_state":
            values["remote_state"] = decode_remote_state(Attributes.of_block(block, scope))
        elif block.type == "dependencies":
            values["dependency_paths"] = decode_dependency_paths(block, scope)
            values["dependency_paths_place"] = Place(block.file, block.line)
        elif block.type == "exclude":
            values["exclude"] = decode_exclude(block, scope)
        elif block.type == "errors":
            values["errors"] = decode_errors(block, scope)
    return Config(file, generate=generate, dependencies=tuple(dependencies.values()), **values)


def _check(body: Body) -> None:
    """Refuse attributes and blocks that a Terragrunt file cannot have, before any evaluation."""
    for attribute in body.attributes.values():
        name = attribute.name
        if name in _REMOVED_ATTRIBUTES:
            raise ConfigurationError(
                f"attribute {name!r} was removed in Terragrunt 0.93",
                file=attribute.file,
                line=attribute.line,
                hint=_REMOVED_ATTRIBUTES[name],
            )
        if name not in _ATTRIBUTES:
            raise ConfigurationError(
                f"there is no attribute {name!r} in a Terragrunt file",
                file=attribute.file,
                line=attribute.line,
            )
    seen: set[str] = set()
    for block in body.blocks:
        if block.type in _UNSUPPORTED_BLOCKS:
            refuse(
                block,
                f"block {block.type!r}: {_UNSUPPORTED_BLOCKS[block.type]} are not supported by "
                "this runner",
                hint="use the official Terragrunt for this tree",
            )
        labels = _LABELS.get(block.type)
        if labels is None:
            refuse(block, f"there is no block {block.type!r} in a Terragrunt file")
        if len(block.labels) != labels:
            need = "one label" if labels else "no label"
            refuse(block, f"block {block.type!r} takes {need}, not {len(block.labels)}")
        if block.type in _SINGLE and block.type in seen:
            refuse(block, f"a second block {block.type!r}; only one is allowed")
        seen.add(block.type)


def _attributes(body: Body, scope: Scope, options: DecodeOptions) -> dict[str, Any]:
    attributes = Attributes(body, scope, "a Terragrunt file")
    values: dict[str, Any] = {}
    for name in _ATTRIBUTES & body.attributes.keys():
        if options.skips(name, body.attributes[name].expression):
            continue
        if name in STRINGS:
            values[name] = attributes.string(name)
        elif name == "prevent_destroy":
            values[name] = attributes.boolean(name)
        elif name == "iam_assume_role_duration":
            values[name] = attributes.integer(name)
        elif name == "inputs":
            values[name] = attributes.object(name)
        elif name == "remote_state":
            values[name] = decode_remote_state(attributes.nested(name))
        else:
            values[name] = {
                key: decode_generate(key, item) for key, item in attributes.nested_objects(name)
            }
    return values


def _reads_dependency(item: Body | Expression) -> bool:
    """True if evaluating this needs the outputs of another unit."""
    return any(
        reference[0] == "dependency"
        for expression in _expressions(item)
        for reference in expression.references()
    )


def _expressions(item: Body | Expression) -> Iterator[Expression]:
    if isinstance(item, Expression):
        yield item
        return
    for attribute in item.attributes.values():
        yield attribute.expression
    for block in item.blocks:
        yield from _expressions(block.body)
