"""Reading of units: parse each file once, evaluate it, merge its includes.

The order of evaluation is Terragrunt's: includes, features, locals, dependency blocks, then
everything else. :meth:`Reader.outline` reads a unit without the outputs of its dependencies and
leaves out whatever needs them; :meth:`Reader.complete` fetches the outputs and reads everything.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from terragrunt_runner.config.base_blocks import decode_features, decode_includes, evaluate_locals
from terragrunt_runner.config.decode import DecodeOptions, decode
from terragrunt_runner.config.merge import by_name, merge
from terragrunt_runner.config.model import (
    CACHE_NAME,
    Config,
    Context,
    Dependency,
    Feature,
    Include,
    Place,
    Settings,
    config_file_of,
)
from terragrunt_runner.config.render import render
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.functions.terragrunt import Host, functions
from terragrunt_runner.language.convert import convert
from terragrunt_runner.language.parser import parse
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Body
from terragrunt_runner.language.values import InvalidValueError, LazyObject, Value, type_of
from terragrunt_runner.run.module_source import resolve

_OUTLINE = DecodeOptions(without_outputs=True, for_graph=True)


class Outputs(Protocol):
    """The source of the outputs of a unit's dependencies."""

    def of(self, config: Config) -> dict[str, Value]:
        """Return the value of ``dependency``: ``{"name": {"outputs": …}}``."""


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """A parsed file with everything that its expressions may refer to."""

    context: Context
    body: Body
    scope: Scope
    locals: dict[str, Value]


class Reader:
    """Reads the units of a tree. Thread-safe."""

    def __init__(
        self, settings: Settings, log_command: Callable[[str], None] = lambda _: None
    ) -> None:
        """``log_command`` gets each line that ``run_cmd`` prints."""
        self.settings = settings
        self.host = Host(settings, self._read_terragrunt_config, self._working_dir, log_command)
        self.outputs: Outputs | None = None
        self._bodies: dict[Path, Body] = {}
        self._outlines: dict[Path, Config] = {}
        self._read: dict[tuple[Path, Path], Value] = {}
        self._parsing = threading.Lock()
        self._local = threading.local()

    def outline(self, unit: Path) -> Config:
        """Read a unit without inputs and without whatever needs outputs; cached.

        Raises ConfigurationError with file and line.
        """
        if unit not in self._outlines:
            self._outlines[unit] = self._assemble(Context(unit, unit, unit), None, _OUTLINE)
        return self._outlines[unit]

    def without_outputs(self, unit: Path) -> Config:
        """Read all of a unit except what needs outputs."""
        context = Context(unit, unit, unit)
        return self._assemble(context, None, DecodeOptions(without_outputs=True))

    def complete(self, unit: Path) -> Config:
        """Read all of a unit, with the outputs of its dependencies."""
        return self._complete(Context(unit, unit, unit))[0]

    def complete_value(self, unit: Path) -> dict[str, Value]:
        """Return the complete unit as the object that ``render`` prints."""
        config, outputs = self._complete(Context(unit, unit, unit))
        return render(config, outputs)

    def dependency_files(self, config: Config) -> dict[str, Path]:
        """Return the configuration files that a unit depends on, by path as written.

        Covers ``dependency`` and ``dependencies``. Raises ConfigurationError for a missing one.
        """
        files: dict[str, Path] = {}
        for dependency in config.dependencies:
            if dependency.is_enabled:
                files[dependency.config_path or ""] = self.dependency_file(config, dependency)
        for path in config.dependency_paths:
            target = config_file_of(_joined(config.folder, path))
            if not target.is_file():
                place = config.dependency_paths_place or Place(config.file, 1)
                raise place.error(
                    f"dependencies.paths names {path!r}, and there is no unit {target}"
                )
            files[path] = target
        return files

    def dependency_file(self, config: Config, dependency: Dependency) -> Path:
        """Return the configuration file of a dependency. Raises ConfigurationError."""
        place = dependency.place
        if not dependency.config_path:
            raise place.error(f"dependency {dependency.name!r} needs config_path")
        target = config_file_of(_joined(config.folder, dependency.config_path))
        if not target.is_file():
            raise place.error(f"dependency {dependency.name!r}: there is no unit {target}")
        return target

    def download_dir(self, config: Config) -> Path:
        """Return the folder for working folders: of the flag, the unit, or the default."""
        if self.settings.download_dir:
            return _joined(self.settings.working_dir, self.settings.download_dir)
        return _joined(config.folder, config.download_dir or CACHE_NAME)

    def body(self, file: Path) -> Body:
        """Parse a file, once. Raises ConfigurationError if it cannot be read or is not HCL."""
        with self._parsing:
            if file not in self._bodies:
                self._bodies[file] = _parse(file)
            return self._bodies[file]

    def _complete(self, context: Context) -> tuple[Config, dict[str, Value]]:
        outline = (
            self.outline(context.unit)
            if context.unit == context.original
            else self._assemble(context, None, _OUTLINE)
        )
        outputs: dict[str, Value] = {}
        if outline.dependencies:
            if self.outputs is None:
                raise AssertionError("a reader without outputs cannot complete a unit")
            outputs = self.outputs.of(outline)
        return self._assemble(context, outputs, DecodeOptions()), outputs

    def _assemble(
        self, context: Context, outputs: Mapping[str, Value] | None, options: DecodeOptions
    ) -> Config:
        """Decode the unit's file, then merge its includes, the last include first."""
        opened = self._open(context, outputs)
        config = replace(
            decode(opened.body, context.file, opened.scope, options),
            includes=opened.context.includes,
            locals=opened.locals,
        )
        for include in reversed(opened.context.includes):
            if include.strategy != "no_merge":
                parent = self._included(opened.context, include, outputs, options)
                config = merge(parent, config, include.strategy, include.place)
        return config

    def _included(
        self,
        context: Context,
        include: Include,
        outputs: Mapping[str, Value] | None,
        options: DecodeOptions,
    ) -> Config:
        inner = Context(include.path, context.unit, context.original, include)
        opened = self._open(inner, outputs)
        config = decode(opened.body, include.path, opened.scope, options)
        return replace(config, locals=opened.locals)

    def _open(self, context: Context, outputs: Mapping[str, Value] | None) -> _OpenFile:
        """Parse a file and evaluate its base blocks."""
        body = self.body(context.file)
        scope = Scope({}, functions(context, self.host), context.file.parent)
        includes = decode_includes(body, context, scope)
        if includes:
            for include in includes:
                self.host.mark_as_read(context, include.path)
            context = replace(context, includes=includes)
            scope = Scope({}, functions(context, self.host), context.file.parent)
        features = self._feature_values(self._features(body, context, scope))
        variables: dict[str, Value] = {"feature": features}
        if any(include.expose for include in includes):
            variables["include"] = self._exposed(context, outputs)
        values = evaluate_locals(body, scope.child(variables))
        variables["local"] = values
        if outputs is not None:
            variables["dependency"] = dict(outputs)
        return _OpenFile(context, body, scope.child(variables), values)

    def _features(self, body: Body, context: Context, scope: Scope) -> tuple[Feature, ...]:
        """Return the features of a file and of its includes; those of the file win."""
        features = decode_features(body, scope)
        for include in reversed(context.includes):
            if include.strategy != "no_merge":
                inner = Context(include.path, context.unit, context.original, include)
                inner_scope = Scope({}, functions(inner, self.host), include.path.parent)
                included = decode_features(self.body(include.path), inner_scope)
                features = by_name(included, features)
        return features

    def _feature_values(self, features: tuple[Feature, ...]) -> Value:
        given = self.settings.features
        values: dict[str, Value] = {name: {"value": text} for name, text in given.items()}
        for feature in features:
            value = feature.default
            if feature.name in given:
                try:
                    value = convert(given[feature.name], type_of(feature.default))
                except InvalidValueError as error:
                    raise feature.place.error(
                        f"feature {feature.name!r}: --feature gives {given[feature.name]!r}: "
                        f"{error}"
                    ) from None
            values[feature.name] = {"value": value}
        return values

    def _exposed(self, context: Context, outputs: Mapping[str, Value] | None) -> Value:
        """Return the value of ``include``; each exposed file is evaluated when it is read."""
        options = DecodeOptions(without_outputs=outputs is None)
        exposed = {include.name: include for include in context.includes if include.expose}

        def compute(name: str) -> Value:
            return render(self._included(context, exposed[name], outputs, options))

        return LazyObject(list(exposed), compute)

    def _read_terragrunt_config(self, target: Path, caller: Context) -> Value:
        key = (target, caller.original)
        if key not in self._read:
            nesting: list[Path] = getattr(self._local, "nesting", [])
            if target in nesting:
                cycle = " -> ".join(str(path) for path in [*nesting, target])
                raise InvalidValueError(f"files read each other in a cycle: {cycle}")
            self._local.nesting = [*nesting, target]
            try:
                config, outputs = self._complete(Context(target, target, caller.original))
            finally:
                self._local.nesting = nesting
            value = render(config, outputs)
            if config.dependencies:
                # Outputs can change during a run: do not cache them.
                return value
            self._read[key] = value
        return self._read[key]

    def _working_dir(self, context: Context) -> str:
        """Return ``get_working_dir()``.

        The unit is read for it; a call during that reading returns '', as in Terragrunt.
        """
        if getattr(self._local, "resolving_working_dir", False):
            return ""
        self._local.resolving_working_dir = True
        try:
            config = self._assemble(
                Context(context.unit, context.unit, context.original), None, _OUTLINE
            )
        finally:
            self._local.resolving_working_dir = False
        terraform = config.terraform
        address = terraform and (self.settings.source or terraform.source)
        if terraform is None or not address:
            return str(context.folder)
        source = resolve(address, context.folder, terraform.place)
        return str(source.working_folder(self.download_dir(config), context.folder))


def _parse(file: Path) -> Body:
    if file.name.endswith(".json"):
        raise ConfigurationError("configuration in JSON is not supported by this runner", file=file)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read it: {error.strerror}", file=file) from None
    return parse(data, file)


def _joined(folder: Path, path: str) -> Path:
    return Path(os.path.normpath(folder / path))
