"""``python -m terragrunt_runner``: the runner's entry point."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from terragrunt_runner.cli import commands, console, usage
from terragrunt_runner.cli.command_line import Invocation, parse
from terragrunt_runner.cli.session import Session, open_session
from terragrunt_runner.errors import RunnerError, UsageError
from terragrunt_runner.run import command as run_command
from terragrunt_runner.run.processes import Interrupted

_COMMANDS: dict[tuple[str, ...], Callable[[Session], int]] = {
    ("run",): run_command.run,
    ("exec",): commands.execute,
    ("find",): commands.find,
    ("list",): commands.list_units,
    ("dag", "graph"): commands.dag_graph,
    ("output-module-groups",): commands.output_module_groups,
    ("render",): commands.render,
    ("hcl", "fmt"): commands.hcl_format,
    ("hcl", "validate"): commands.hcl_validate,
    ("info", "print"): commands.info_print,
    ("backend", "bootstrap"): commands.backend_bootstrap,
}


def main(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Errors are told in one line."""
    try:
        return _run(parse(argv, os.environ))
    except RunnerError as error:
        console.failure(error)
        if os.environ.get("TG_LOG_LEVEL") in ("debug", "trace"):
            console.debug_traceback()
        # Always 1, as Terragrunt: 2 is what -detailed-exitcode says of changes.
        return 1
    except (Interrupted, KeyboardInterrupt):
        console.note("interrupted")
        return 130
    except BrokenPipeError:
        # The reader of our output has gone, as with | head. Python must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(invocation: Invocation) -> int:
    if invocation.command == ("version",):
        return commands.version()
    if invocation.command == ("help",):
        console.data(usage.text())
        return 0
    command = _COMMANDS.get(invocation.command)
    if command is None:
        raise UsageError(
            f"terragrunt {' '.join(invocation.command)} is not supported by this runner",
            hint="use the official Terragrunt for it",
        )
    session = open_session(invocation, os.environ)
    for notice in invocation.notices:
        session.log.warn(notice)
    return command(session)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
