"""The only module that prints: data goes to stdout, everything else to stderr.

rich decides about colour and width; it honours NO_COLOR and plain pipes by itself.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from local_aws.errors import CloudError
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from terragrunt_runner.errors import RunnerError

from terrarium.errors import TerrariumError

PERSON_ERRORS = (TerrariumError, RunnerError, CloudError)
"""Errors of this repository and of its two packages: one line each, with a hint."""

stderr = Console(stderr=True, highlight=False, soft_wrap=True)


def data(text: str) -> None:
    """Write one line of data to stdout, for a person or a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def data_json(value: Any) -> None:
    data(json.dumps(value, indent=2, sort_keys=True))


def step(text: str) -> None:
    """Say what is about to happen."""
    stderr.print(f"[bold cyan]>[/] {escape(text)}")


def note(text: str) -> None:
    stderr.print(escape(text))


def success(text: str) -> None:
    stderr.print(f"[bold green]ok[/] {escape(text)}")


def warning(text: str) -> None:
    stderr.print(f"[bold yellow]warning[/] {escape(text)}")


def failure(error: TerrariumError | RunnerError | CloudError) -> None:
    """One line: what is wrong, where, and what to do next."""
    hint = f" [dim]->[/] {escape(error.hint)}" if error.hint else ""
    stderr.print(f"[bold red]error[/] {escape(error.message)}{hint}")


def debug_traceback() -> None:
    """The traceback of the exception being handled, for --debug."""
    stderr.print(escape(traceback.format_exc()))


def table(value: Table) -> None:
    """A table for a person, on stdout."""
    Console(highlight=False).print(value)


def ask(question: str) -> str:
    """One line that a person types."""
    return stderr.input(escape(question)).strip()
