"""The command ``local-aws``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from local_aws import __version__, files
from local_aws.errors import CloudError
from local_aws.local_cloud import LocalCloud, State
from local_aws.ports import DEFAULT_PORT
from local_aws.state_folder import SUPERVISOR, StateFolder
from local_aws.supervisor import Supervisor

_DESCRIPTION = """\
An AWS on one machine: control plane, load balancers and Lambda functions, without Docker.

  eval "$(local-aws up)"       start it and point this shell at it
  terraform apply              any Terraform or Terragrunt tree
  local-aws status             the URLs of its load balancers
  local-aws down               save its state and stop it
"""
_FOLLOW_SECONDS = 0.2
_UNHEALTHY = frozenset({State.DEAD, State.FAILED, State.NOT_ANSWERING})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except CloudError as error:
        if options.debug:
            traceback.print_exc()
        _say(f"error {error.sentence}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def default_state() -> Path:
    """Return the state folder under the XDG state home."""
    home = os.environ.get("XDG_STATE_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "state"
    return base / "local-aws"


def _up(options: argparse.Namespace) -> int:
    cloud = LocalCloud(options.state)
    endpoint = cloud.start(port=options.port)
    if endpoint.recovered:
        _say("warning: it had ended without being stopped; its state is the last saved one")
    cloud.wait_for_load_balancers()
    variables = {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    _print("\n".join(f"export {name}={value}" for name, value in variables.items()))
    return 0


def _down(options: argparse.Namespace) -> int:
    stopped = LocalCloud(options.state).stop(save=not options.discard)
    if stopped.not_saved:
        _say(f"warning: not saved: {', '.join(stopped.not_saved)}")
    saved = "its state was not saved" if options.discard else "the next up restores its state"
    names = ", ".join(stopped.processes)
    _say(f"stopped {names}; {saved}" if names else "nothing runs")
    return 0


def _status(options: argparse.Namespace) -> int:
    processes = LocalCloud(options.state).status()
    if options.json:
        _print(json.dumps([asdict(each) for each in processes], indent=2))
    elif not processes:
        _say("nothing runs; start it: local-aws up")
    else:
        for each in processes:
            line = f"{each.name:<28} {each.state:<14} {each.pid:>8}  {each.since}"
            _print("  ".join((line, *each.urls)))
    return 1 if any(each.state in _UNHEALTHY for each in processes) else 0


def _logs(options: argparse.Namespace) -> int:
    cloud = LocalCloud(options.state)
    names = [options.name] if options.name else cloud.logs()
    paths = {name: cloud.log(name) for name in names}
    if not paths:
        raise CloudError("there are no logs yet", hint="start it: local-aws up")
    many = len(paths) > 1
    for name, path in paths.items():
        for line in files.tail(path, options.lines):
            _print(f"{name}: {line}" if many else line)
    if options.follow:
        _follow(paths)
    return 0


def _follow(paths: dict[str, Path]) -> None:
    """Print new lines until Ctrl-C; a log that is started again is read from its beginning."""
    places = {path: path.stat() for path in paths.values()}
    offsets = {path: stat.st_size for path, stat in places.items()}
    while True:
        for name, path in paths.items():
            try:
                with path.open("rb") as file:
                    stat = os.fstat(file.fileno())
                    if stat.st_ino != places[path].st_ino:
                        places[path], offsets[path] = stat, 0
                    file.seek(offsets[path])
                    whole, _, _ = file.read().rpartition(b"\n")
            except FileNotFoundError:
                continue  # in the moment of a new start
            if whole:
                offsets[path] += len(whole) + 1
                for line in whole.decode("utf-8", "replace").split("\n"):
                    _print(f"{name}: {line}" if len(paths) > 1 else line)
        _pause()


def _pause() -> None:
    time.sleep(_FOLLOW_SECONDS)


def _serve(options: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return Supervisor(StateFolder(options.state), options.port or DEFAULT_PORT).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local-aws",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=default_state(),
        metavar="FOLDER",
        help="folder for state and logs; each folder is a separate AWS (default: %(default)s)",
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument("--version", action="version", version=f"local-aws {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    port = {"type": _port, "help": f"port of the AWS API (default: {DEFAULT_PORT}, if it is free)"}

    up = commands.add_parser(
        "up",
        help="start it in the background, unless it runs",
        description="Start the local AWS in the background, unless it runs, with the state that "
        "was saved last. Wait until it answers, and print the three variables that point "
        "Terraform, Terragrunt and the AWS CLI at it, as export lines.",
    )
    up.add_argument("--port", **port)  # type: ignore[arg-type]
    up.set_defaults(command=_up)

    down = commands.add_parser(
        "down",
        help="save its state and stop it",
        description="Save the state of the local AWS and end all its processes. If saving fails, "
        "nothing ends.",
    )
    down.add_argument(
        "--discard", action="store_true", help="do not save: go back to the last saved state"
    )
    down.set_defaults(command=_down)

    status = commands.add_parser(
        "status",
        help="show processes and URLs",
        description="Show every process, its state and the URLs that it serves. Exit code 1 if a "
        "process does not work.",
    )
    status.add_argument("--json", action="store_true", help="JSON, for scripts")
    status.set_defaults(command=_status)

    logs = commands.add_parser(
        "logs",
        help="print the logs of its processes",
        description="Print the end of the log of one process, or of all.",
    )
    logs.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help=f"{SUPERVISOR}, control-plane or load-balancer-ACCOUNT (default: all)",
    )
    logs.add_argument("--follow", action="store_true", help="print new lines until Ctrl-C")
    logs.add_argument(
        "--lines", type=_count, default=20, help="lines of each log (default: %(default)s)"
    )
    logs.set_defaults(command=_logs)

    serve = commands.add_parser(
        "serve",
        help="run it in the foreground",
        description="Run the local AWS in the foreground. SIGTERM, Ctrl-C or the end of the "
        "terminal saves its state and stops it.",
    )
    serve.add_argument("--port", **port)  # type: ignore[arg-type]
    serve.set_defaults(command=_serve)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of lines")
    return int(text)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
