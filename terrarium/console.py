"""All output of the tasks: data goes to stdout, everything else to stderr.

rich chooses colour and width, and honours NO_COLOR and pipes.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from terrarium.errors import TerrariumError

if TYPE_CHECKING:
    from local_aws import CloudError
    from terragrunt_runner import RunnerError

stderr = Console(stderr=True, highlight=False, soft_wrap=True)


def person_errors() -> tuple[type[TerrariumError], type[RunnerError], type[CloudError]]:
    """Return the errors that a task shows as one line: ours and those of the two packages.

    The packages are imported only when an error is handled: they take longer than a task to start.
    """
    from local_aws import CloudError
    from terragrunt_runner import RunnerError

    return TerrariumError, RunnerError, CloudError


def data(text: str) -> None:
    """Write one line of data to stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def data_json(value: Any) -> None:
    data(json.dumps(value, indent=2, sort_keys=True))


def step(text: str) -> None:
    """Announce the next step."""
    stderr.print(f"[bold cyan]>[/] {escape(text)}")


def note(text: str) -> None:
    stderr.print(escape(text))


def success(text: str) -> None:
    stderr.print(f"[bold green]ok[/] {escape(text)}")


def warning(text: str) -> None:
    stderr.print(f"[bold yellow]warning[/] {escape(text)}")


def failure(error: TerrariumError | RunnerError | CloudError) -> None:
    """Write an error as one line, with its hint."""
    hint = f" [dim]->[/] {escape(error.hint)}" if error.hint else ""
    stderr.print(f"[bold red]error[/] {escape(error.message)}{hint}")


def debug_traceback() -> None:
    """Write the traceback of the current exception, for --debug."""
    stderr.print(escape(traceback.format_exc()))


def table(value: Table) -> None:
    """Write a table to stdout."""
    Console(highlight=False).print(value)


def ask(question: str) -> str:
    """Ask a question on stderr and return the answer."""
    return stderr.input(escape(question)).strip()
