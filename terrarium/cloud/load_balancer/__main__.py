"""``python -m terrarium.cloud.load_balancer``: the data plane of one environment."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from terrarium.cloud.functions.cloudwatch import CloudWatch
from terrarium.cloud.functions.environment import Credentials
from terrarium.cloud.functions.function import FunctionVersion
from terrarium.cloud.functions.functions import Functions
from terrarium.cloud.functions.logs import LogBatcher
from terrarium.cloud.load_balancer.account import Account
from terrarium.cloud.load_balancer.data_plane import DataPlane
from terrarium.cloud.load_balancer.state_file import StateFile
from terrarium.cloud.observation.log_bucket import LogBuckets
from terrarium.cloud.observation.metric_delivery import CloudWatchMetrics
from terrarium.cloud.observation.observer import Intervals, Observer

_SWITCH_SECONDS = 0.0005


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; exit code 0 then."""
    options = _parse(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Threads read the configuration and deliver logs; requests wait for them no longer than this.
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(options))
    return 0


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    account = Account(
        options.endpoint_url, options.region, options.account, unprotected=not options.protection
    )

    async def credentials(function: FunctionVersion) -> Credentials:
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
        logs=LogBatcher(CloudWatch(account.logs)),
        observer=observer.ended,
    )
    data_plane = DataPlane(
        account,
        functions,
        StateFile(options.state_file, options.http_port),
        observer,
        http_port=options.http_port,
        poll_seconds=options.poll_seconds,
    )
    await data_plane.run(stop)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m terrarium.cloud.load_balancer",
        description="Serve the load balancers of one account and Region on loopback ports.",
    )
    parser.add_argument("--endpoint-url", required=True, help="of the AWS API to follow")
    parser.add_argument("--region", required=True)
    parser.add_argument("--account", required=True, help="twelve digits")
    parser.add_argument(
        "--http-port", type=int, required=True, help="for port 80 of the first load balancer"
    )
    parser.add_argument("--state-file", type=_absolute, required=True, help="what is served where")
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
    return parser.parse_args(arguments)


def _absolute(text: str) -> Path:
    return Path(text).absolute()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


if __name__ == "__main__":
    sys.exit(main())
