"""``hcl fmt`` and ``hcl validate``: the form of configuration files, and whether they read."""

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
from terragrunt_runner.run.terraform_text import first_error
from terragrunt_runner.tree.discovery import find_units


def hcl_files(root: Path, exclude: Iterable[str] = ()) -> Iterator[Path]:
    """Every ``.hcl`` file below a folder, but those in caches and hidden folders."""
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
    """The text as ``terraform fmt`` writes it. Raises ConfigurationError for what is not HCL."""
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
    """Files whose form is not the standard one, with their text before and after."""
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
    """What is wrong with the files below a folder: none may be broken, every unit must read."""
    broken: set[Path] = set()
    for file in hcl_files(root):
        try:
            reader.body(file)
        except ConfigurationError as error:
            broken.add(file)
            yield error
    included: set[Path] = set()
    unread: dict[Path, ConfigurationError] = {}
    for unit in find_units(root):
        try:
            config = reader.outline(unit)
            reader.dependency_files(config)
            included.update(include.path for include in config.includes)
        except ConfigurationError as error:
            unread[unit] = error
    for unit, why in unread.items():
        # A file that is there to be included need not stand by itself.
        if unit not in included and why.file not in broken:
            yield why


def inputs_mismatch(unit: Path, module: Path, reader: Reader) -> tuple[list[str], list[str]]:
    """(required variables that no input sets, inputs that no variable takes), of one unit."""
    declared = declared_variables(module)
    config = reader.complete(unit)
    given = set(config.inputs or {})
    environment = reader.settings.environment
    given |= {name.removeprefix("TF_VAR_") for name in environment if name.startswith("TF_VAR_")}
    missing = sorted(n for n, has_default in declared.items() if not has_default and n not in given)
    unused = sorted(set(config.inputs or {}) - declared.keys())
    return missing, unused
