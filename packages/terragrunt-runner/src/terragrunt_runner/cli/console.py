"""The only module that prints: data goes to stdout, everything else to stderr."""

from __future__ import annotations

import sys
import traceback

from terragrunt_runner.errors import RunnerError


def data(text: str) -> None:
    """Write one line of data to stdout, for a person or a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Write one line to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def failure(error: RunnerError) -> None:
    """Write one line: what is wrong, where, and what to do next."""
    note(f"error {error.sentence}")


def debug_traceback() -> None:
    """Write the traceback of the exception being handled."""
    note(traceback.format_exc())
