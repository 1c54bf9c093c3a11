"""The serving process: what it is made of, and the options that say so."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from terrarium.cloud.functions.calls import Calls
from terrarium.cloud.functions.cloudwatch import CloudWatch
from terrarium.cloud.functions.environment import Credentials
from terrarium.cloud.functions.function import FunctionVersion
from terrarium.cloud.functions.functions import Functions
from terrarium.cloud.functions.logs import LogBatcher
from terrarium.cloud.load_balancer.account import Account
from terrarium.cloud.load_balancer.data_plane import DataPlane
from terrarium.cloud.load_balancer.kept import Kept
from terrarium.cloud.load_balancer.own import TOKEN_VARIABLE, Door
from terrarium.cloud.load_balancer.state_file import StateFile
from terrarium.cloud.observation.log_bucket import LogBuckets
from terrarium.cloud.observation.metric_delivery import CloudWatchMetrics
from terrarium.cloud.observation.observer import Intervals, Observer
from terrarium.cloud.ports import free_port
from terrarium.errors import CloudError

_log = logging.getLogger(__name__)

_HTTP_PORT = 8080

_SWITCH_SECONDS = 0.0005


def main(kept: Kept, killed_by: int) -> int:
    """Serve until SIGTERM or Ctrl-C; exit code 0 then.

    ``killed_by`` is the signal that killed the process before this one, or 0.
    """
    options = _parse()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Threads read the configuration and deliver logs; requests wait for them no longer than this.
    sys.setswitchinterval(_SWITCH_SECONDS)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    if killed_by:
        how = signal.strsignal(killed_by) or f"signal {killed_by}"
        _log.warning(
            "the serving process was ended from outside: %s; this one takes over", how.lower()
        )
    with ExitStack() as stack, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        if options.http_port is None:
            options.http_port = free_port(_HTTP_PORT)
        if options.state_file is None:
            options.state_file = stack.enter_context(_own_folder()) / "listeners.json"
        runner.run(_serve(options, kept))
    return 0


async def _serve(options: argparse.Namespace, kept: Kept) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    kept.watch()
    account = Account(
        options.endpoint_url,
        options.region,
        options.account,
        unprotected=not options.protection,
        token=os.environ.get(TOKEN_VARIABLE, ""),
    )

    store = CloudWatch(account.logs, lambda function: account.logs_as(function.role, function.name))

    async def credentials(function: FunctionVersion) -> Credentials:
        store.writes(function)
        return await asyncio.to_thread(account.execution_credentials, function.role, function.name)

    observer = Observer(
        LogBuckets(account.log_delivery),
        CloudWatchMetrics(account.metrics),
        Intervals(options.log_seconds, options.metric_seconds),
    )
    functions = Functions(
        cache=options.state_file.parent / "code",
        endpoint_url=options.endpoint_url,
        credentials=credentials,
        logs=LogBatcher(store),
        observer=observer.ended,
    )
    calls = Calls(functions, account.read_target)
    account.open_door(Door(await calls.open(), calls.token))
    data_plane = DataPlane(
        account,
        functions,
        StateFile(options.state_file, options.http_port),
        observer,
        kept,
        poll_seconds=options.poll_seconds,
    )
    try:
        await data_plane.run(stop)
    finally:
        calls.close()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m terrarium.cloud.load_balancer",
        description="Serve the load balancers of one account and Region on loopback ports.",
    )
    parser.add_argument("--endpoint-url", required=True, help="of the AWS API to follow")
    parser.add_argument("--region", required=True)
    parser.add_argument(
        "--account",
        help="twelve digits; its role named terrarium is assumed. "
        "By default that of the environment's credentials, with these",
    )
    parser.add_argument(
        "--http-port",
        type=int,
        help="for port 80 of the first load balancer; "
        f"by default the first that is free from {_HTTP_PORT} on",
    )
    parser.add_argument(
        "--state-file",
        type=_absolute,
        help="what is served where, and beside it the code of functions; "
        "by default in a temporary folder",
    )
    parser.add_argument("--poll-seconds", type=float, default=1.0)
    parser.add_argument(
        "--log-seconds", type=float, default=Intervals().logs, help="between two log files"
    )
    parser.add_argument(
        "--metric-seconds", type=float, default=Intervals().metrics, help="between two data points"
    )
    parser.add_argument(
        "--protection",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="act on firewalls, security groups, subnets and routes",
    )
    return parser.parse_args()


def _absolute(text: str) -> Path:
    return Path(text).absolute()


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A temporary folder that the next process finds again when this one is killed."""
    folder = Path(tempfile.gettempdir()) / f"load-balancer-{os.getuid()}-{os.getppid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise CloudError(f"{folder} is somebody else's", hint="name a file with --state-file")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
