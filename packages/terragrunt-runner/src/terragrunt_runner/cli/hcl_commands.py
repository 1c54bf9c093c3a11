"""``hcl fmt`` and ``hcl validate``: format and check configuration files."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from terragrunt_runner.cli.log import print_data
from terragrunt_runner.cli.session import Session
from terragrunt_runner.config.model import CACHE_NAME, Config
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.errors import ConfigurationError, ToolchainError, UsageError
from terragrunt_runner.language.parser import decode, parse
from terragrunt_runner.run.prepare import declared_variables
from terragrunt_runner.run.terraform import first_error
from terragrunt_runner.tree.discovery import find_units


def hcl_format(session: Session) -> int:
    invocation = session.invocation
    if invocation.switch("stdin"):
        text = _formatted(sys.stdin.read(), session.folder / "stdin.hcl", session)
        print_data(text.removesuffix("\n"))
        return 0
    given = invocation.text("file")
    files = (
        [session.folder / given]
        if given
        else hcl_files(session.folder, invocation.items("exclude_dir"))
    )
    check = invocation.switch("check")
    changed: list[str] = []
    for file in files:
        before = decode(file.read_bytes(), file)
        after = _formatted(before, file, session)
        if after == before:
            continue
        changed.append(os.path.relpath(file, session.folder))
        if invocation.switch("diff"):
            lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
            diff = difflib.unified_diff(*lines, str(file), str(file))
            print_data("".join(diff).rstrip("\n"))
        if not check:
            file.write_text(after, "utf-8")
            session.log.info(f"{file} was updated")
    if changed and check:
        raise ConfigurationError(f"not formatted: {', '.join(changed)}", hint="terragrunt hcl fmt")
    return 0


def hcl_validate(session: Session) -> int:
    invocation = session.invocation
    if invocation.switch("inputs"):
        return _validate_inputs(session)
    problems = list(invalid(session.folder, session.reader))
    if invocation.switch("json"):
        records = [
            {
                "severity": "error",
                "summary": problem.message,
                "range": {"filename": str(problem.file), "start": {"line": problem.line}},
            }
            for problem in problems
        ]
        print_data(json.dumps(records, indent=2))
    elif invocation.switch("show_config_path"):
        for path in sorted({str(problem.file) for problem in problems}):
            print_data(path)
    else:
        for problem in problems:
            session.log.failure(problem.message)
    return 1 if problems else 0


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


def _formatted(text: str, file: Path, session: Session) -> str:
    """Format text with ``terraform fmt``. Raises ConfigurationError for text that is not HCL."""
    parse(text, file)
    try:
        done = subprocess.run(
            [session.terraform, "fmt", "-"],
            input=text,
            env=session.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise ToolchainError(f"cannot start {session.terraform!r}: {error.strerror}") from None
    if done.returncode:
        raise ConfigurationError(first_error(done.stderr) or "not HCL", file=file)
    return done.stdout


def _validate_inputs(session: Session) -> int:
    strict = session.invocation.switch("strict")
    failed = False
    for unit in session.unit_files():
        config = session.reader.outline(unit)
        module = _module(session, config)
        missing, unused = inputs_mismatch(unit, module, session.reader)
        for name in missing:
            session.log.failure(f"{unit}: variable {name!r} is required and no input sets it")
        log_unused = session.log.failure if strict else session.log.warn
        for name in unused:
            log_unused(f"{unit}: the module has no variable {name!r} for this input")
        failed = failed or bool(missing) or (strict and bool(unused))
    return 1 if failed else 0


def _module(session: Session, config: Config) -> Path:
    source = session.runner.preparation.source_of(config)
    if source is None:
        return config.folder
    if source.root is None:
        raise UsageError(f"{config.file}: only plan checks the inputs of a git module")
    return source.root / source.subfolder
