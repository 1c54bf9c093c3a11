"""Runs functions for target groups and for callers of Invoke."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from local_aws.cloudwatch.function_log_delivery import FunctionLogDelivery
from local_aws.lambda_runtime import deployment_package
from local_aws.lambda_runtime.environment_variables import Credentials, Endpoints
from local_aws.lambda_runtime.function_version import FunctionVersion, Target
from local_aws.lambda_runtime.invocation import (
    Failed,
    Invocation,
    InvocationObserver,
    LogTail,
    Outcome,
    Reason,
)
from local_aws.lambda_runtime.worker import Worker, WorkerOwner
from local_aws.lambda_runtime.worker_pool import IDLE_SECONDS, WorkerPool
from local_aws.ports import LOOPBACK

_log = logging.getLogger(__name__)

WORKERS_PER_VERSION = 16
"""Limit of this machine. On AWS an account may run 1,000 invocations at once."""

_SWEEP_SECONDS = 0.02
"""Precision of timeouts and of the growth of a pool. One timer serves all invocations."""

_RETIRE_SECONDS = 30.0
_DRAIN_SECONDS = 5.0

CredentialSource = Callable[[FunctionVersion], Awaitable[Credentials]]
"""Returns credentials of the function's execution role. Raises CloudError."""


class FunctionInvoker:
    """The functions of all target groups, and those that were called with Invoke for a while.

    Each function version has a pool of warm workers.
    """

    def __init__(
        self,
        *,
        cache: Path,
        endpoint_url: str,
        credentials: CredentialSource,
        logs: FunctionLogDelivery,
        observer: InvocationObserver | None = None,
    ) -> None:
        self._cache = cache
        self._endpoint_url = endpoint_url
        self._credentials = credentials
        self._logs = logs
        self._observer = observer
        self._unreachable: socket.socket | None = None
        self._targets: Mapping[str, Target] = {}
        self._called: dict[str, tuple[Target, float]] = {}
        """Targets of calls of Invoke, with the time of the last call (``time.monotonic``)."""
        self._allowed: dict[tuple[str, str], bool] = {}
        self._pools: dict[FunctionVersion, WorkerPool] = {}
        self._retired: set[WorkerPool] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        deployment_package.clean(cache)

    def start(self) -> None:
        self._logs.start()
        self._background(self._retire_idle())

    def update(self, targets: Mapping[str, Target]) -> None:
        """Serve these targets from now on.

        A new version gets a worker now. A version without a target finishes its invocations.
        """
        self._targets = targets
        self._allowed.clear()
        self._update_pools()

    def recycle(self) -> None:
        """Replace every worker, because the credentials in its environment are no longer valid."""
        retired, self._pools = self._pools, {}
        for pool in retired.values():
            self._retire(pool)
        self._called.clear()
        self._update_pools()

    def invoke(
        self,
        arn: str,
        payload: bytes,
        done: Callable[[Outcome], None],
        *,
        trace_id: str,
        source_arn: str,
    ) -> None:
        """Run the function behind ``arn`` with a JSON payload, for the target group ``source_arn``.

        ``done`` is called once, perhaps before this returns. Every failure is a Failed.
        """
        target = self._targets.get(arn)
        if target is None:
            done(Failed(Reason.NOT_FOUND, f"no such function: {arn}"))
            return
        if not self._allows(target, source_arn):
            detail = f"the policy of {arn} does not let {source_arn} invoke it"
            done(Failed(Reason.ACCESS_DENIED, detail))
            return
        self._run(target, Invocation(_request_id(), arn, payload, trace_id, done, time.monotonic()))

    def call(
        self,
        target: Target,
        payload: bytes,
        done: Callable[[Outcome], None],
        *,
        trace_id: str,
        tail: LogTail | None = None,
        client_context: str = "",
    ) -> Invocation:
        """Run a function with a JSON payload, for a caller of Invoke.

        ``done`` as for ``invoke``; ``tail`` is complete when it is called.
        """
        now = time.monotonic()
        known = self._called.get(target.arn)
        self._called[target.arn] = target, now
        if known is None or known[0] != target:
            self._update_pools()
        invocation = Invocation(
            _request_id(),
            target.arn,
            payload,
            trace_id,
            done,
            now,
            tail=tail,
            client_context=client_context,
        )
        self._run(target, invocation)
        return invocation

    async def close(self) -> None:
        """End every worker after a short time for running invocations; deliver the logs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(pool.drain(_DRAIN_SECONDS) for pool in self._all_pools()))
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self._logs.close()
        if self._unreachable is not None:
            self._unreachable.close()

    def _allows(self, target: Target, source_arn: str) -> bool:
        key = target.arn, source_arn
        if key not in self._allowed:
            self._allowed[key] = target.allows(source_arn)
        return self._allowed[key]

    def _run(self, target: Target, invocation: Invocation) -> None:
        version = target.choose(random.random())  # noqa: S311 - a share, not a secret
        pool = self._pools.get(version)
        if pool is None:
            detail = version.refusal or "the function cannot run here"
            invocation.finish(Failed(Reason.INVALID_RUNTIME, detail))
            return
        pools = (each for each in self._all_pools() if each.function.name == version.name)
        invocation.version = version.version
        invocation.has_weights = len(target.shares) > 1
        invocation.concurrency = sum(each.in_flight for each in pools) + 1
        invocation.observer = self._observer
        limit = target.reserved_concurrency
        if limit is not None and invocation.concurrency > limit:
            detail = f"reserved concurrency of {version.name} is {limit}"
            invocation.finish(Failed(Reason.THROTTLING, detail))
            return
        if self._sweeping is None:
            self._sweep_soon()
        pool.submit(invocation)

    def _update_pools(self) -> None:
        targets = (*self._targets.values(), *(target for target, _ in self._called.values()))
        wanted = {version for target in targets for version, _ in target.shares}
        for version in wanted - self._pools.keys():
            if version.refusal is not None:
                _log.warning("%s", version.refusal)
                continue
            if version.s3_obstacle is not None:
                _log.warning("function %s cannot reach S3: %s", version.name, version.s3_obstacle)
            self._pools[version] = WorkerPool(version, self._spawn, WORKERS_PER_VERSION)
            self._pools[version].warm()
        for version in self._pools.keys() - wanted:
            self._retire(self._pools.pop(version))

    def _all_pools(self) -> list[WorkerPool]:
        return [*self._pools.values(), *self._retired]

    def _sweep(self) -> None:
        now = time.monotonic()
        pools = self._all_pools()
        for pool in pools:
            pool.sweep(now)
        self._sweeping = None
        if any(pool.in_flight for pool in pools):
            self._sweep_soon()

    def _sweep_soon(self) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)

    async def _spawn(self, function: FunctionVersion, owner: WorkerOwner) -> Worker:
        s3_url = None if function.s3_obstacle is None else self._unreachable_url()
        credentials = await self._credentials(function)
        task_root = await asyncio.to_thread(deployment_package.provide, function, self._cache)
        return await Worker.start(
            function,
            owner,
            task_root=task_root,
            credentials=credentials,
            endpoints=Endpoints(self._endpoint_url, s3_url),
            logs=self._logs,
        )

    def _unreachable_url(self) -> str:
        """Return the URL of a server that accepts connections and never answers.

        On AWS a function without a route to S3 sends packets that are dropped, and waits.
        """
        if self._unreachable is None:
            self._unreachable = socket.create_server((LOOPBACK, 0), backlog=512)
        return f"http://{LOOPBACK}:{self._unreachable.getsockname()[1]}"

    def _retire(self, pool: WorkerPool) -> None:
        async def drain() -> None:
            await pool.drain(pool.function.timeout_seconds + 1)
            self._retired.discard(pool)

        self._retired.add(pool)
        self._background(drain())

    async def _retire_idle(self) -> None:
        while True:
            await asyncio.sleep(_RETIRE_SECONDS)
            for pool in self._pools.values():
                pool.retire_idle()
            before = time.monotonic() - IDLE_SECONDS
            for arn in [arn for arn, (_, used_at) in self._called.items() if used_at < before]:
                del self._called[arn]
                self._update_pools()

    def _background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _request_id() -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))  # no system call
