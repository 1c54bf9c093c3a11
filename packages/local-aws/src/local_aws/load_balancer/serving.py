"""The serving process: what it is made of."""

from __future__ import annotations

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

from local_aws.cloudwatch.access_log_delivery import LogBuckets
from local_aws.cloudwatch.function_log_delivery import CloudWatchLogs, FunctionLogDelivery
from local_aws.cloudwatch.metric_delivery import CloudWatchMetrics
from local_aws.cloudwatch.observer import CloudWatchObserver
from local_aws.errors import CloudError
from local_aws.lambda_runtime.environment_variables import Credentials
from local_aws.lambda_runtime.function_version import FunctionVersion
from local_aws.lambda_runtime.invoke_server import InvokeServer
from local_aws.lambda_runtime.invoker import FunctionInvoker
from local_aws.load_balancer.account import Account
from local_aws.load_balancer.data_plane import DataPlane
from local_aws.load_balancer.kept import Kept
from local_aws.load_balancer.options import HTTP_PORT, Options, parse
from local_aws.load_balancer.own import TOKEN_VARIABLE, Door
from local_aws.load_balancer.state_file import StateFile
from local_aws.ports import free_port

_log = logging.getLogger(__name__)

_SWITCH_SECONDS = 0.0005


def main(kept: Kept, killed_by: int) -> int:
    """Serve until SIGTERM or Ctrl-C; exit code 0 then.

    ``killed_by`` is the signal that killed the process before this one, or 0.
    """
    options = parse()
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
        file = options.state_file or stack.enter_context(_own_folder()) / "listeners.json"
        state_file = StateFile(file, options.http_port or free_port(HTTP_PORT))
        runner.run(_serve(options, state_file, kept))
    return 0


async def _serve(options: Options, state_file: StateFile, kept: Kept) -> None:
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

    store = CloudWatchLogs(account.logs, account.logs_as)

    async def credentials(function: FunctionVersion) -> Credentials:
        store.register_writer(function.log_group, function.role, function.name)
        return await asyncio.to_thread(account.execution_credentials, function.role, function.name)

    observer = CloudWatchObserver(
        LogBuckets(account.log_delivery),
        CloudWatchMetrics(account.metrics),
        options.intervals,
    )
    functions = FunctionInvoker(
        cache=state_file.path.parent / "code",
        endpoint_url=options.endpoint_url,
        credentials=credentials,
        logs=FunctionLogDelivery(store),
        observer=observer.invocation_completed,
    )
    invoke_server = InvokeServer(functions, account.read_target)
    account.open_door(Door(await invoke_server.open(), invoke_server.token))
    data_plane = DataPlane(
        account,
        functions,
        state_file,
        observer,
        kept,
        poll_seconds=options.poll_seconds,
    )
    try:
        await data_plane.run(stop)
    finally:
        invoke_server.close()


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
