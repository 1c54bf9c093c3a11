"""The local load balancer against serverless-offline and ministack, in one run.

Each contender answers with one static JSON text; wrk sends requests on 16 connections and on one.
The contenders take turns, so that other load of the machine affects all of them, and are stopped
(SIGSTOP) in between. Memory is that of all processes of a contender after the load. Needs Node and
npm, Python's registry, and wrk from Debian, which is installed if possible; the peers are kept in
.terrarium/benchmarks. On a busy machine, ``chrt -f 10`` in front of the command gives the figures
of an idle one.

Run: .venv/bin/python -m benchmarks.load_balancer [ROUNDS [SECONDS]]
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import uvloop
from local_aws.cloudwatch.function_log_delivery import FunctionLogDelivery
from local_aws.lambda_runtime import deployment_package
from local_aws.lambda_runtime.environment_variables import Credentials
from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion, Target
from local_aws.lambda_runtime.invocation import Answered, Outcome
from local_aws.lambda_runtime.invoker import FunctionInvoker
from local_aws_tests.balanced import package

from benchmarks import contenders, wrk
from benchmarks.contenders import Contender, Running
from benchmarks.wrk import Load
from terrarium import console

CONTENDERS: dict[str, Contender] = {
    "terrarium": contenders.terrarium,
    "serverless-offline 13.9": contenders.serverless_offline,
    "ministack 1.5.33": contenders.ministack,
}
OURS, PEER = "terrarium", "serverless-offline 13.9"
MEMORY_MEGABYTES = 300.0
START_MILLISECONDS = 60.0
STARTS = 15


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one contender: requests per second, p99 in milliseconds, memory in MB."""

    many: float
    p99_ms: float
    one: float
    megabytes: float
    failed: int


def _logs(*_: str) -> Any:
    """A client of CloudWatch Logs that accepts everything."""
    return SimpleNamespace(put_log_events=lambda **_: None)


async def _start_milliseconds(folder: Path) -> float:
    """Return the time from a call of a new function to its answer."""
    zipped = package(contenders.HANDLER)
    digest = hashlib.sha256(zipped)
    deployment_package.unpack(zipped, folder / digest.hexdigest())
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:api"
    version = FunctionVersion.from_answer(
        FunctionArn.parse(arn),
        {
            "Configuration": {
                "FunctionName": "api",
                "Version": "1",
                "Runtime": "python3.13",
                "Handler": "lambda.handler",
                "CodeSha256": base64.b64encode(digest.digest()).decode(),
            }
        },
    )

    async def credentials(function: FunctionVersion) -> Credentials:
        return Credentials(function.name, "secret", "token", time.time() + 3600)

    functions = FunctionInvoker(
        cache=folder,
        endpoint_url="http://127.0.0.1:1",
        credentials=credentials,
        logs=FunctionLogDelivery(_logs, _logs),
    )
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    began = time.perf_counter()
    functions.call(Target(arn, ((version, 1.0),)), b"{}", outcome.set_result, trace_id="Root=1")
    answered = await outcome
    taken = time.perf_counter() - began
    await functions.close()
    if not isinstance(answered, Answered):
        raise RuntimeError(f"the function does not answer: {answered}")  # noqa: TRY004
    return taken * 1000


def start_milliseconds(folder: Path) -> float:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_start_milliseconds(folder))


def measure(running: Mapping[str, Running], rounds: int, seconds: int) -> dict[str, Figures]:
    loads: dict[str, dict[int, list[Load]]] = {name: {16: [], 1: []} for name in running}
    for contender in running.values():
        contender.suspend()
    for connections in (1, 16):
        for turn in range(rounds + 1):
            for name, contender in running.items():
                contender.resume()
                # Requests and logs that waited while it was stopped are not measured.
                wrk.run(contender.url, contender.host, connections, 1)
                load = wrk.run(contender.url, contender.host, connections, seconds)
                contender.suspend()
                if turn > 0:  # the first one warms up
                    loads[name][connections].append(load)
    for contender in running.values():
        contender.resume()
    return {
        name: figures(loads[name][16], loads[name][1], contender.megabytes(), best=name != OURS)
        for name, contender in running.items()
    }


def figures(many: Sequence[Load], one: Sequence[Load], megabytes: float, *, best: bool) -> Figures:
    """Medians of ours, best rounds of the others, which get slower as they run."""
    highest = max if best else statistics.median
    lowest = min if best else statistics.median
    return Figures(
        highest([load.requests_per_second for load in many]),
        lowest([load.p99_ms for load in many]),
        highest([load.requests_per_second for load in one]),
        megabytes,
        sum(load.failed for load in (*many, *one)),
    )


def verdict(what: str, measured: float, limit: float, *, more: bool) -> bool:
    within = measured > limit if more else measured < limit
    side = "more" if more else "less"
    console.data(
        f"{'ok    ' if within else 'MISSED'} {what}: {measured:.1f} ({side} than {limit:.1f})"
    )
    return within


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    wrk.provide()
    with tempfile.TemporaryDirectory(prefix="terrarium-benchmark-") as scratch:
        folder = Path(scratch)
        with ExitStack() as stack:
            running = {}
            for name, contender in CONTENDERS.items():
                place = folder / name.split(" ", maxsplit=1)[0]
                place.mkdir()
                running[name] = stack.enter_context(contender(place))
            measured = measure(running, rounds, seconds)
        starts = [start_milliseconds(folder) for _ in range(STARTS)]
    console.data(f"{'':24} {'16 conn.':>10} {'p99':>8} {'1 conn.':>10} {'memory':>8} {'failed':>7}")
    for name, each in measured.items():
        console.data(
            f"{name:24} {each.many:8.0f}/s {each.p99_ms:6.2f}ms {each.one:8.0f}/s "
            f"{each.megabytes:6.0f}MB {each.failed:7}"
        )
    ours, peer = measured[OURS], measured[PEER]
    within = [
        verdict("requests/s, 16 connections", ours.many, peer.many, more=True),
        verdict("p99 in ms, 16 connections", ours.p99_ms, peer.p99_ms, more=False),
        verdict("requests/s, 1 connection", ours.one, peer.one, more=True),
        verdict("memory in MB", ours.megabytes, MEMORY_MEGABYTES, more=False),
        verdict("worker start in ms", statistics.median(starts), START_MILLISECONDS, more=False),
        verdict("requests that failed", ours.failed, 1, more=False),
        verdict("requests/s of the peer, or it was not there", peer.one, 1, more=True),
    ]
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
