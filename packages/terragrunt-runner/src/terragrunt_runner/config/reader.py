"""Reads units: parses files once, evaluates them, merges their includes.

Terragrunt's order holds: includes, then features, then locals, then dependency blocks, then all
else. Before the outputs of dependencies are known a unit is read without whatever needs them
(:meth:`Reader.outline`); with them it is read whole (:meth:`Reader.complete`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from terragrunt_runner.config.as_value import as_value
from terragrunt_runner.config.context import Context, Settings
from terragrunt_runner.config.decode import Wanted, decode, decode_features
from terragrunt_runner.config.include_blocks import decode_includes
from terragrunt_runner.config.locals_block import evaluate_locals
from terragrunt_runner.config.merge import by_name, merge
from terragrunt_runner.config.model import (
    CACHE_NAME,
    Config,
    Dependency,
    Feature,
    Include,
    Place,
    config_file_of,
)
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.functions.terragrunt import Host, functions
from terragrunt_runner.language.convert import convert
from terragrunt_runner.language.parser import parse
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Body
from terragrunt_runner.language.values import InvalidValueError, LazyObject, Value, type_of
from terragrunt_runner.run.module_source import resolve


class Outputs(Protocol):
    """Where the outputs of a unit's dependencies come from."""

    def of(self, config: Config) -> dict[str, Value]:
        """The value of ``dependency``: ``{"name": {"outputs": …}}``."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file on the way to being evaluated: what its expressions may read."""

    context: Context
    body: Body
    scope: Scope
    locals: dict[str, Value]
    features: tuple[Feature, ...]


class Reader:
    """Safe to use from many threads; every file is parsed once."""

    def __init__(self, settings: Settings, say: Callable[[str], None] = lambda _: None) -> None:
        self.settings = settings
        self.host = Host(settings, self._read_terragrunt_config, self._working_dir, say)
        self.outputs: Outputs | None = None
        self._bodies: dict[Path, Body] = {}
        self._outlines: dict[Path, Config] = {}
        self._read: dict[tuple[Path, Path], Value] = {}
        self._parsing = threading.Lock()
        self._local = threading.local()

    def outline(self, unit: Path) -> Config:
        """A unit without anything that needs outputs; cached.

        Raises ConfigurationError with file and line.
        """
        if unit not in self._outlines:
            context = Context(unit, unit, unit)
            self._outlines[unit] = self._assemble(context, None, Wanted(True, True))
        return self._outlines[unit]

    def ahead(self, unit: Path) -> Config:
        """All of a unit but what needs outputs: enough for ``init`` in all but rare cases."""
        context = Context(unit, unit, unit)
        return self._assemble(context, None, Wanted(without_outputs=True))

    def complete(self, unit: Path) -> Config:
        """A unit with everything, after its dependencies' outputs were fetched."""
        return self._complete(Context(unit, unit, unit))[0]

    def complete_value(self, unit: Path) -> dict[str, Value]:
        """The same as a value, as ``render`` prints it."""
        config, outputs = self._complete(Context(unit, unit, unit))
        return as_value(config, outputs)

    def dependency_files(self, config: Config) -> dict[str, Path]:
        """Configuration files that a unit depends on, by path as written; both kinds of block.

        Raises ConfigurationError for a dependency that is not there.
        """
        files: dict[str, Path] = {}
        for dependency in config.dependencies:
            if dependency.is_enabled:
                files[dependency.config_path or ""] = self.dependency_file(config, dependency)
        for path in config.dependency_paths:
            target = config_file_of(_joined(config.folder, path))
            if not target.is_file():
                place = config.dependency_paths_place or Place(config.file, 1)
                raise ConfigurationError(
                    f"dependencies.paths names {path!r}, and there is no unit {target}",
                    file=place.file,
                    line=place.line,
                )
            files[path] = target
        return files

    def dependency_file(self, config: Config, dependency: Dependency) -> Path:
        place = dependency.place
        if not dependency.config_path:
            raise ConfigurationError(
                f"dependency {dependency.name!r} needs config_path",
                file=place.file,
                line=place.line,
            )
        target = config_file_of(_joined(config.folder, dependency.config_path))
        if not target.is_file():
            raise ConfigurationError(
                f"dependency {dependency.name!r}: there is no unit {target}",
                file=place.file,
                line=place.line,
            )
        return target

    def download_dir(self, config: Config) -> Path:
        """The flag's, else the unit's (or its include's) ``download_dir``, else the default."""
        chosen = self.settings.download_dir
        if chosen:
            return _joined(self.settings.working_dir, chosen)
        if config.download_dir:
            return _joined(config.folder, config.download_dir)
        return config.folder / CACHE_NAME

    def body(self, file: Path) -> Body:
        """The parsed file. Raises ConfigurationError if it cannot be read or is not HCL."""
        with self._parsing:
            return self._parsed(file)

    def _parsed(self, file: Path) -> Body:
        if file not in self._bodies:
            if file.name.endswith(".json"):
                raise ConfigurationError(
                    "configuration in JSON is not supported by this runner", file=file
                )
            try:
                data = file.read_bytes()
            except OSError as error:
                raise ConfigurationError(f"cannot read it: {error.strerror}", file=file) from None
            self._bodies[file] = parse(data, file)
        return self._bodies[file]

    def _complete(self, context: Context) -> tuple[Config, dict[str, Value]]:
        outline = (
            self.outline(context.unit)
            if context.unit == context.original
            else self._assemble(context, None, Wanted(True, True))
        )
        outputs: dict[str, Value] = {}
        if outline.dependencies:
            if self.outputs is None:
                raise AssertionError("a reader without outputs cannot complete a unit")
            outputs = self.outputs.of(outline)
        return self._assemble(context, outputs, Wanted()), outputs

    def _assemble(
        self, context: Context, outputs: Mapping[str, Value] | None, wanted: Wanted
    ) -> Config:
        """The unit's own file, then each include merged in, the last include first."""
        own = self._open(context, outputs)
        config = replace(
            decode(own.body, context.file, own.scope, wanted),
            includes=own.context.includes,
            locals=own.locals,
        )
        kept = config.locals
        for include in reversed(own.context.includes):
            if include.strategy == "no_merge":
                continue
            parent = self._included(own.context, include, outputs, wanted)
            config = merge(parent, config, include.strategy, include.place)
        return replace(config, locals=kept)

    def _included(
        self,
        context: Context,
        include: Include,
        outputs: Mapping[str, Value] | None,
        wanted: Wanted,
    ) -> Config:
        inner = Context(include.path, context.unit, context.original, include)
        opened = self._open(inner, outputs)
        config = decode(opened.body, include.path, opened.scope, wanted)
        return replace(config, locals=opened.locals)

    def _open(self, context: Context, outputs: Mapping[str, Value] | None) -> _File:
        """Read includes, features and locals of a file."""
        body = self.body(context.file)
        found = functions(context, self.host)
        scope = Scope({}, found, context.file.parent)
        includes = decode_includes(body, context, scope)
        if includes:
            for include in includes:
                self.host.mark_as_read(context, include.path)
            context = replace(context, includes=includes)
            scope = Scope({}, functions(context, self.host), context.file.parent)
        features = self._features(body, context, scope)
        variables: dict[str, Value] = {"feature": self._feature_values(features)}
        if any(include.expose for include in includes):
            variables["include"] = self._exposed(context, outputs)
        values = evaluate_locals(body, scope.child(variables))
        variables["local"] = values
        if outputs is not None:
            variables["dependency"] = dict(outputs)
        return _File(context, body, scope.child(variables), values, features)

    def _features(self, body: Body, context: Context, scope: Scope) -> tuple[Feature, ...]:
        """A file's own flags over those of the files it includes."""
        own = decode_features(body, scope)
        for include in reversed(context.includes):
            if include.strategy == "no_merge":
                continue
            inner = Context(include.path, context.unit, context.original, include)
            inner_scope = Scope({}, functions(inner, self.host), include.path.parent)
            own = by_name(decode_features(self.body(include.path), inner_scope), own)
        return own

    def _feature_values(self, features: tuple[Feature, ...]) -> Value:
        given = self.settings.features
        values: dict[str, Value] = {name: {"value": text} for name, text in given.items()}
        for feature in features:
            value = feature.default
            if feature.name in given:
                try:
                    value = convert(given[feature.name], type_of(feature.default))
                except InvalidValueError as error:
                    raise ConfigurationError(
                        f"feature {feature.name!r}: --feature gives {given[feature.name]!r}: "
                        f"{error}",
                        file=feature.place.file,
                        line=feature.place.line,
                    ) from None
            values[feature.name] = {"value": value}
        return values

    def _exposed(self, context: Context, outputs: Mapping[str, Value] | None) -> Value:
        wanted = Wanted(without_outputs=outputs is None)
        names = [include.name for include in context.includes if include.expose]
        by_label = {include.name: include for include in context.includes}

        def compute(name: str) -> Value:
            return as_value(self._included(context, by_label[name], outputs, wanted))

        return LazyObject(names, compute)

    def _read_terragrunt_config(self, target: Path, caller: Context) -> Value:
        key = (target, caller.original)
        if key not in self._read:
            nesting: list[Path] = getattr(self._local, "nesting", [])
            if target in nesting:
                ring = " -> ".join(str(path) for path in [*nesting, target])
                raise InvalidValueError(f"files read each other in a ring: {ring}")
            self._local.nesting = [*nesting, target]
            try:
                context = Context(target, target, caller.original)
                config, outputs = self._complete(context)
            finally:
                self._local.nesting = nesting
            value = as_value(config, outputs)
            if config.dependencies:
                # Outputs may differ by the next time this is read.
                return value
            self._read[key] = value
        return self._read[key]

    def _working_dir(self, context: Context) -> str:
        """``get_working_dir()``: '' while the unit is read only to answer it, as in Terragrunt."""
        if getattr(self._local, "asking", False):
            return ""
        self._local.asking = True
        try:
            config = self._assemble(
                Context(context.unit, context.unit, context.original), None, Wanted(True, True)
            )
        finally:
            self._local.asking = False
        terraform = config.terraform
        if terraform is None or not (self.settings.source or terraform.source):
            return str(context.folder)
        source = resolve(
            self.settings.source or terraform.source or "", context.folder, terraform.place
        )
        return str(source.working_folder(self.download_dir(config), context.folder))


def _joined(folder: Path, path: str) -> Path:
    return Path(os.path.normpath(folder / path))
