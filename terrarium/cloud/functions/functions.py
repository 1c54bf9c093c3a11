"""The entry of the Lambda runtime: invoke what an ARN stands for."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from terrarium.cloud.functions import code
from terrarium.cloud.functions.environment import Credentials
from terrarium.cloud.functions.function import FunctionVersion, Target
from terrarium.cloud.functions.logs import LogBatcher
from terrarium.cloud.functions.outcome import Failed, Outcome, Reason
from terrarium.cloud.functions.pool import Pool
from terrarium.cloud.functions.worker import Worker

_log = logging.getLogger(__name__)

WORKERS_PER_VERSION = 16
"""Bound of this machine, not of AWS, where an account may run 1,000 at once."""

_RETIRE_SECONDS = 30.0
_DRAIN_SECONDS = 5.0

CredentialSource = Callable[[FunctionVersion], Awaitable[Credentials]]
"""Credentials of a function's execution role. Raises CloudError."""


class Functions:
    """Every function that some target group invokes, each version with its warm workers."""

    def __init__(
        self,
        *,
        cache: Path,
        endpoint_url: str,
        credentials: CredentialSource,
        logs: LogBatcher,
        workers_per_version: int = WORKERS_PER_VERSION,
    ) -> None:
        self._cache = cache
        self._endpoint_url = endpoint_url
        self._credentials = credentials
        self._logs = logs
        self._limit = workers_per_version
        self._targets: Mapping[str, Target] = {}
        self._pools: dict[FunctionVersion, Pool] = {}
        self._retired: set[Pool] = set()
        self._running: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        code.clean(cache)

    def start(self) -> None:
        self._logs.start()
        self._background(self._retire_idle())

    def update(self, targets: Mapping[str, Target]) -> None:
        """Serve these targets from now on.

        New versions get a worker at once; versions that nobody targets any more finish what they
        run and end.
        """
        self._targets = targets
        wanted = {version for target in targets.values() for version, _ in target.shares}
        for version in wanted - self._pools.keys():
            if version.refusal is not None:
                _log.warning("%s", version.refusal)
                continue
            self._pools[version] = Pool(version, self._spawn, self._limit)
            self._pools[version].warm()
        for version in self._pools.keys() - wanted:
            self._retire(self._pools.pop(version))

    def recycle(self) -> None:
        """Replace every worker: what they know of the world, credentials above all, is void."""
        retired, self._pools = self._pools, {}
        for pool in retired.values():
            self._retire(pool)
        self.update(self._targets)

    async def invoke(self, arn: str, payload: bytes, *, trace_id: str, source_arn: str) -> Outcome:
        """Run the function behind ``arn`` with a JSON payload for a target group.

        Every failure is a value, see Reason.
        """
        target = self._targets.get(arn)
        if target is None:
            return Failed(Reason.NOT_FOUND, f"no such function: {arn}")
        if not target.allows(source_arn):
            return Failed(
                Reason.ACCESS_DENIED, f"the policy of {arn} does not let {source_arn} invoke it"
            )
        limit = target.reserved_concurrency
        version = target.choose(random.random())  # noqa: S311 - a share of traffic, not a secret
        if version.refusal is not None:
            return Failed(Reason.INVALID_RUNTIME, version.refusal)
        if limit is not None and self._running[version.name] >= limit:
            return Failed(Reason.THROTTLING, f"reserved concurrency of {version.name} is {limit}")
        self._running[version.name] += 1
        try:
            return await self._pools[version].invoke(arn, payload, trace_id)
        finally:
            self._running[version.name] -= 1

    async def close(self) -> None:
        """End every worker, after a moment for what is running, and deliver the logs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        pools = [*self._pools.values(), *self._retired]
        await asyncio.gather(*(pool.drain(_DRAIN_SECONDS) for pool in pools))
        await self._logs.close()

    async def _spawn(self, function: FunctionVersion) -> Worker:
        credentials = await self._credentials(function)
        task_root = await asyncio.to_thread(code.provide, function, self._cache)
        return await Worker.start(
            function,
            task_root=task_root,
            credentials=credentials,
            endpoint_url=self._endpoint_url,
            logs=self._logs,
        )

    def _retire(self, pool: Pool) -> None:
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

    def _background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
