"""``hcl fmt`` and ``hcl validate``: format and check configuration files."""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from terragrunt_runner.config.model import CACHE_NAME
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.errors import ConfigurationError, ToolchainError
from terragrunt_runner.language.parser import decode, parse
from terragrunt_runner.run.prepare import declared_variables
from terragrunt_runner.run.terraform import first_error
from terragrunt_runner.tree.discovery import find_units


def hcl_files(root: Path, exclude: Iterable[str] = ()) -> Iterator[Path]:
    """Return every ``.hcl`` file below a folder, except in caches and hidden folders."""
    left_out = {os.path.normpath(root / folder) for folder in exclude}
    for folder, names, files in os.walk(root):
        names[:] = sorted(
            name
            for name in names
            if name not in (CACHE_NAME, ".terraform")
            and not name.startswith(".")
            and os.path.normpath(Path(folder) / name) not in left_out
        )
        for name in sorted(files):
            if name.endswith(".hcl") and not name.startswith("."):
                yield Path(folder) / name


def formatted(text: str, file: Path, terraform: str) -> str:
    """Format text with ``terraform fmt``. Raises ConfigurationError for text that is not HCL."""
    parse(text, file)
    try:
        done = subprocess.run(
            [terraform, "fmt", "-"], input=text, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise ToolchainError(f"cannot start {terraform!r}: {error.strerror}") from None
    if done.returncode:
        raise ConfigurationError(first_error(done.stderr) or "not HCL", file=file)
    return done.stdout


def changed(files: Iterable[Path], terraform: str) -> Iterator[tuple[Path, str, str]]:
    """Return the files that are not formatted, with their text before and after."""
    for file in files:
        before = decode(file.read_bytes(), file)
        after = formatted(before, file, terraform)
        if after != before:
            yield file, before, after


def difference(file: Path, before: str, after: str) -> str:
    name = str(file)
    return "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), name, name
        )
    ).rstrip("\n")


def invalid(root: Path, reader: Reader) -> Iterator[ConfigurationError]:
    """Return the errors of the files below a folder: of parsing, and of reading units."""
    broken: set[Path] = set()
    for file in hcl_files(root):
        try:
            reader.body(file)
        except ConfigurationError as error:
            broken.add(file)
            yield error
    included: set[Path] = set()
    errors: dict[Path, ConfigurationError] = {}
    for unit in find_units(root):
        try:
            config = reader.outline(unit)
            reader.dependency_files(config)
            included.update(include.path for include in config.includes)
        except ConfigurationError as error:
            errors[unit] = error
    for unit, failure in errors.items():
        # An included file need not be a valid unit.
        if unit not in included and failure.file not in broken:
            yield failure


def inputs_mismatch(unit: Path, module: Path, reader: Reader) -> tuple[list[str], list[str]]:
    """Return required variables that no input sets, and inputs without a variable."""
    declared = declared_variables(module)
    config = reader.complete(unit)
    given = set(config.inputs or {})
    environment = reader.settings.environment
    given |= {name.removeprefix("TF_VAR_") for name in environment if name.startswith("TF_VAR_")}
    missing = sorted(n for n, has_default in declared.items() if not has_default and n not in given)
    unused = sorted(set(config.inputs or {}) - declared.keys())
    return missing, unused
