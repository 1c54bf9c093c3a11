"""``python -m local_aws.load_balancer``: serve the load balancers of one account.

It works in front of any control plane::

    python -m local_aws.load_balancer --endpoint-url http://127.0.0.1:5000 --region eu-west-1
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from local_aws import processes
from local_aws.cloudwatch.function_log_delivery import FunctionLogDelivery
from local_aws.cloudwatch.observer import CloudWatchObserver
from local_aws.control_plane_client import TOKEN_VARIABLE
from local_aws.errors import CloudError, UsageError
from local_aws.lambda_runtime.environment_variables import Credentials
from local_aws.lambda_runtime.function_version import FunctionVersion
from local_aws.lambda_runtime.invoke_server import InvokeServer
from local_aws.lambda_runtime.invoker import FunctionInvoker
from local_aws.listeners_file import ListenersFile
from local_aws.load_balancer.account import Account, ClientFactory
from local_aws.load_balancer.change_feed import ChangeFeed, InvocationPort
from local_aws.load_balancer.data_plane import DataPlane
from local_aws.load_balancer.options import HTTP_PORT, Options, parse
from local_aws.ports import free_port

_SWITCH_SECONDS = 0.0005
"""Threads read the configuration and deliver logs; requests wait for them no longer than this."""


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    options = parse()
    if options.end_with_stdin:
        processes.end_when_stdin_closes()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("botocore").setLevel(logging.WARNING)
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="load-balancer-") as temporary,
            asyncio.Runner(loop_factory=_loop_factory()) as runner,
        ):
            path = options.listeners_file or Path(temporary) / "listeners.json"
            file = ListenersFile(path, options.http_port or free_port(HTTP_PORT))
            runner.run(_serve(options, file))
    except ExceptionGroup as group:
        errors, others = group.split(CloudError)
        if others is not None or errors is None:
            raise
        error = errors.exceptions[0]
        sys.stderr.write(f"error {error.sentence if isinstance(error, CloudError) else error}\n")
        return 1
    return 0


async def _serve(options: Options, file: ListenersFile) -> None:
    """Run a data plane for each Region, also for Regions that are used later."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clients = ClientFactory(options.endpoint_url)
    feed = ChangeFeed(options.endpoint_url, "")
    served: set[str] = set()
    async with asyncio.TaskGroup() as group:
        while not stop.is_set():
            regions = [each for each in await _regions(options, feed) if each not in served]
            for region in regions:
                file.expect(region)
            # One after the other, and first the Region that had the HTTP port before.
            for region in sorted(regions, key=lambda each: not file.had_http_port(each)):
                served.add(region)
                followed = asyncio.Event()
                group.create_task(_serve_region(options, region, clients, file, stop, followed))
                await followed.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if options.regions else options.poll_seconds):
                    await stop.wait()


async def _regions(options: Options, feed: ChangeFeed) -> tuple[str, ...]:
    if options.regions or options.account is None:
        return options.regions
    try:
        return tuple(await asyncio.to_thread(feed.regions, options.account))
    except UsageError:
        raise
    except CloudError:
        return ()  # it is away; its Regions are read when it is back


async def _serve_region(
    options: Options,
    region: str,
    clients: ClientFactory,
    file: ListenersFile,
    stop: asyncio.Event,
    followed: asyncio.Event,
) -> None:
    account = Account(
        options.endpoint_url,
        region,
        options.account,
        clients=clients,
        unprotected=not options.protection,
        token=os.environ.get(TOKEN_VARIABLE, ""),
    )

    async def credentials(function: FunctionVersion) -> Credentials:
        return await asyncio.to_thread(account.execution_credentials, function.role, function.name)

    observer = CloudWatchObserver(account.log_delivery, account.metrics, options.intervals)
    functions = FunctionInvoker(
        cache=file.path.parent / "code",
        endpoint_url=options.endpoint_url,
        credentials=credentials,
        logs=FunctionLogDelivery(account.logs, account.logs_as),
        observer=observer.invocation_completed,
    )
    invoke_server = InvokeServer(functions, account.read_target)
    account.run_functions_at(InvocationPort(await invoke_server.open(), invoke_server.token))
    data_plane = DataPlane(
        account, functions, file, observer, poll_seconds=options.poll_seconds, followed=followed
    )
    try:
        await data_plane.run(stop)
    finally:
        invoke_server.close()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


if __name__ == "__main__":
    sys.exit(main())
