"""Entry point of the ``terragrunt`` script and of ``python -m terragrunt_runner``."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence

from terragrunt_runner.cli import commands, hcl_commands, run_command
from terragrunt_runner.cli.command_line import Invocation, help_text, parse
from terragrunt_runner.cli.log import print_data, print_stderr
from terragrunt_runner.cli.session import Session, open_session
from terragrunt_runner.errors import RunnerError, UsageError
from terragrunt_runner.run.processes import Interrupted

_COMMANDS: dict[tuple[str, ...], Callable[[Session], int]] = {
    ("run",): run_command.run,
    ("exec",): commands.execute,
    ("find",): commands.find,
    ("list",): commands.list_units,
    ("dag", "graph"): commands.dag_graph,
    ("output-module-groups",): commands.output_module_groups,
    ("render",): commands.render,
    ("hcl", "fmt"): hcl_commands.hcl_format,
    ("hcl", "validate"): hcl_commands.hcl_validate,
    ("info", "print"): commands.info_print,
    ("backend", "bootstrap"): commands.backend_bootstrap,
}


def run() -> int:
    """Run the command line of this process. Returns its exit code."""
    return main(sys.argv[1:], dict(os.environ))


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command line in an environment. Returns the exit code; reports errors on stderr."""
    try:
        return _run(parse(argv, environment), environment)
    except RunnerError as error:
        print_stderr(f"error {error.sentence}")
        if environment.get("TG_LOG_LEVEL") in ("debug", "trace"):
            print_stderr(traceback.format_exc())
        return error.exit_code
    except (Interrupted, KeyboardInterrupt):
        print_stderr("interrupted")
        return 130
    except BrokenPipeError:
        # The reader of our stdout has gone, as with | head. Python must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(invocation: Invocation, environment: Mapping[str, str]) -> int:
    if invocation.command == ("version",):
        return commands.version()
    if invocation.command == ("help",):
        print_data(help_text())
        return 0
    command = _COMMANDS.get(invocation.command)
    if command is None:
        raise UsageError(
            f"terragrunt {' '.join(invocation.command)} is not supported by this runner",
            hint="use the official Terragrunt for it",
        )
    session = open_session(invocation, environment)
    for notice in invocation.notices:
        session.log.warn(notice)
    return command(session)


if __name__ == "__main__":
    sys.exit(run())
