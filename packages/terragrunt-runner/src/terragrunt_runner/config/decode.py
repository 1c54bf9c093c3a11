"""From a parsed file to a :class:`Config`: every block and attribute a Terragrunt file may have.

What is not known is refused with file, line and name. With ``without_outputs``, whatever reads
``dependency`` is left out: that is how the graph of units is drawn before anything was applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terragrunt_runner.config.decode_runtime import decode_errors, decode_exclude
from terragrunt_runner.config.decode_terraform import decode_terraform
from terragrunt_runner.config.fields import Fields, label, refuse
from terragrunt_runner.config.model import (
    Config,
    Dependency,
    Feature,
    GeneratedFile,
    Place,
    RemoteState,
)
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Block, Body, Expression

_TEXTS = (
    "download_dir",
    "terraform_binary",
    "terraform_version_constraint",
    "terragrunt_version_constraint",
    "iam_role",
    "iam_assume_role_session_name",
    "iam_web_identity_token",
)
_ATTRIBUTES = frozenset(
    {*_TEXTS, "inputs", "prevent_destroy", "iam_assume_role_duration", "remote_state", "generate"}
)
_GONE = {
    "skip": "use an exclude block",
    "retryable_errors": "use errors { retry … }",
    "retry_max_attempts": "use errors { retry … }",
    "retry_sleep_interval_sec": "use errors { retry … }",
}
_REFUSED_BLOCKS = {
    "catalog": "catalogs",
    "engine": "engines",
    "stack": "stacks",
    "unit": "stacks",
    "import": "import blocks",
    "values": "stack values",
}
_SINGLE = frozenset({"terraform", "remote_state", "dependencies", "exclude", "errors", "locals"})
_IF_EXISTS = ("overwrite", "overwrite_terragrunt", "skip", "error")
_IF_DISABLED = ("skip", "remove", "remove_terragrunt")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to decode. ``inputs`` and ``generate`` are of no use to the graph of units."""

    without_outputs: bool = False
    graph_only: bool = False


def decode(body: Body, file: Path, scope: Scope, wanted: Wanted) -> Config:
    """Evaluate a file's blocks and attributes; its ``include`` and ``locals`` are read before.

    Raises ConfigurationError with the place of whatever is wrong.
    """
    return _Decoder(file, scope, wanted).config(body)


def reads_dependency(item: Body | Expression) -> bool:
    """Whether evaluating this needs the outputs of another unit."""
    return any(
        reference[0] == "dependency"
        for expression in _expressions(item)
        for reference in expression.references()
    )


def decode_features(body: Body, scope: Scope) -> tuple[Feature, ...]:
    """The ``feature`` blocks alone, which ``locals`` may read."""
    found = []
    for block in body.blocks:
        if block.type == "feature":
            fields = Fields.of_block(block, scope)
            default = fields.required("default")
            fields.finish()
            found.append(Feature(label(block), default, Place(block.file, block.line)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Decoder:
    file: Path
    scope: Scope
    wanted: Wanted

    def config(self, body: Body) -> Config:
        self._check(body)
        values: dict[str, Any] = {"features": decode_features(body, self.scope)}
        values.update(self._attributes(body))
        generate: dict[str, GeneratedFile] = values.pop("generate", {})
        dependencies: list[Dependency] = []
        for block in body.blocks:
            if block.type == "dependency":
                dependencies.append(self._dependency(block))
            elif self._skips(block.type, block.body):
                continue
            elif block.type == "generate":
                file = self._generate(block)
                if file.name in generate:
                    refuse(block, f"a second generate block named {file.name!r}")
                generate[file.name] = file
            elif block.type == "terraform":
                values["terraform"] = decode_terraform(block, self.scope)
            elif block.type == "remote_state":
                values["remote_state"] = self._remote_state(Fields.of_block(block, self.scope))
            elif block.type == "dependencies":
                values["dependency_paths"] = self._dependency_paths(block)
                values["dependency_paths_place"] = Place(block.file, block.line)
            elif block.type == "exclude":
                values["exclude"] = decode_exclude(block, self.scope)
            elif block.type == "errors":
                values["errors"] = decode_errors(block, self.scope)
        names = [dependency.name for dependency in dependencies]
        for dependency in dependencies:
            if names.count(dependency.name) > 1:
                raise ConfigurationError(
                    f"a second dependency block named {dependency.name!r}",
                    file=dependency.place.file,
                    line=dependency.place.line,
                )
        return Config(self.file, generate=generate, dependencies=tuple(dependencies), **values)

    def _check(self, body: Body) -> None:
        """Refuse what a Terragrunt file cannot have, before anything is evaluated."""
        for attribute in body.attributes.values():
            if attribute.name in _GONE:
                raise ConfigurationError(
                    f"attribute {attribute.name!r} is gone since Terragrunt 0.93",
                    file=attribute.file,
                    line=attribute.line,
                    hint=_GONE[attribute.name],
                )
            if attribute.name not in _ATTRIBUTES:
                raise ConfigurationError(
                    f"there is no attribute {attribute.name!r} in a Terragrunt file",
                    file=attribute.file,
                    line=attribute.line,
                )
        seen: set[str] = set()
        for block in body.blocks:
            if block.type in _REFUSED_BLOCKS:
                refuse(
                    block,
                    f"block {block.type!r}: {_REFUSED_BLOCKS[block.type]} are not supported by "
                    "this runner",
                    hint="use the official Terragrunt for this tree",
                )
            labels = _LABELS.get(block.type)
            if labels is None:
                refuse(block, f"there is no block {block.type!r} in a Terragrunt file")
            if len(block.labels) != labels:
                need = "one label" if labels else "no label"
                refuse(block, f"block {block.type!r} takes {need}, not {len(block.labels)}")
            if block.type in _SINGLE:
                if block.type in seen:
                    refuse(block, f"a second block {block.type!r}; there can be one")
                seen.add(block.type)

    def _skips(self, name: str, item: Body | Expression) -> bool:
        if self.wanted.graph_only and name in ("inputs", "generate", "errors"):
            return True
        return self.wanted.without_outputs and reads_dependency(item)

    def _attributes(self, body: Body) -> dict[str, Any]:
        fields = Fields(body, self.scope, "a Terragrunt file", None)
        values: dict[str, Any] = {}
        for name in _ATTRIBUTES & body.attributes.keys():
            attribute = body.attributes[name]
            if self._skips(name, attribute.expression):
                continue
            if name in _TEXTS:
                values[name] = fields.text(name)
            elif name == "prevent_destroy":
                values[name] = fields.boolean(name)
            elif name == "iam_assume_role_duration":
                values[name] = fields.whole(name)
            elif name == "inputs":
                values[name] = fields.mapping(name)
            elif name == "remote_state":
                values[name] = self._remote_state(fields.nested(name))
            else:
                values[name] = {
                    key: self._generated(key, item) for key, item in fields.nested_each(name)
                }
        return values

    def _dependency(self, block: Block) -> Dependency:
        fields = Fields.of_block(block, self.scope)
        strategy = fields.choice(
            "mock_outputs_merge_strategy_with_state", ("no_merge", "shallow", "deep_map_only")
        )
        dependency = Dependency(
            name=label(block),
            place=Place(block.file, block.line),
            config_path=fields.text("config_path"),
            enabled=fields.boolean("enabled"),
            skip_outputs=fields.boolean("skip_outputs"),
            mock_outputs=fields.mapping("mock_outputs"),
            mock_commands=fields.texts("mock_outputs_allowed_terraform_commands"),
            mock_strategy=strategy,  # type: ignore[arg-type]  # one of the three above
            mock_merge_with_state=fields.boolean("mock_outputs_merge_with_state"),
        )
        fields.finish()
        return dependency

    def _dependency_paths(self, block: Block) -> tuple[str, ...]:
        fields = Fields.of_block(block, self.scope)
        paths = fields.texts("paths")
        if paths is None:
            refuse(block, "block 'dependencies' needs paths")
        fields.finish()
        return paths

    def _remote_state(self, fields: Fields) -> RemoteState:
        generate = fields.nested("generate") if fields.has("generate") else None
        pair = None
        if generate is not None:
            kind = generate.choice("if_exists", _IF_EXISTS) or "error"
            pair = (generate.required_text("path"), kind)
            generate.finish()
        if fields.has("encryption") and fields.value("encryption") is not None:
            fields.refuse(
                "encryption", "state encryption is OpenTofu's; this runner is Terraform's"
            )
        state = RemoteState(
            backend=fields.required_text("backend"),
            config=fields.mapping("config") or {},
            place=fields.place("backend"),
            generate=pair,
            disable_init=bool(fields.boolean("disable_init")),
            disable_dependency_optimization=bool(fields.boolean("disable_dependency_optimization")),
        )
        fields.finish()
        return state

    def _generate(self, block: Block) -> GeneratedFile:
        return self._generated(label(block), Fields.of_block(block, self.scope))

    def _generated(self, name: str, fields: Fields) -> GeneratedFile:
        kind = fields.choice("if_exists", _IF_EXISTS)
        if kind is None:
            fields.refuse("if_exists", f"generate {name!r} needs if_exists")
        prefix = fields.text("comment_prefix")
        file = GeneratedFile(
            name=name,
            path=fields.required_text("path"),
            if_exists=kind,
            contents=fields.required_text("contents"),
            place=fields.place("path"),
            comment_prefix="# " if prefix is None else prefix,
            disable_signature=bool(fields.boolean("disable_signature")),
            disable=bool(fields.boolean("disable")),
            if_disabled=fields.choice("if_disabled", _IF_DISABLED) or "skip",
            hcl_fmt=fields.boolean("hcl_fmt"),
        )
        fields.finish()
        return file


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


def _expressions(item: Body | Expression) -> Iterator[Expression]:
    if isinstance(item, Expression):
        yield item
        return
    for attribute in item.attributes.values():
        yield attribute.expression
    for block in item.blocks:
        yield from _expressions(block.body)
