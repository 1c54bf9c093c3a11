"""The entry of the Lambda runtime: invoke what an ARN stands for."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws.cloudwatch.function_log_delivery import LogBatcher
from local_aws.lambda_runtime import deployment_package
from local_aws.lambda_runtime.ended import Ended, Observer
from local_aws.lambda_runtime.environment_variables import Credentials, Endpoints
from local_aws.lambda_runtime.function_version import FunctionVersion, Target
from local_aws.lambda_runtime.invocation import Invocation
from local_aws.lambda_runtime.outcome import Failed, Outcome, Reason
from local_aws.lambda_runtime.silence import Silence
from local_aws.lambda_runtime.tail import Tail
from local_aws.lambda_runtime.worker import Owner, Worker
from local_aws.lambda_runtime.worker_pool import IDLE_SECONDS, Pool

_log = logging.getLogger(__name__)

WORKERS_PER_VERSION = 16
"""Bound of this machine, not of AWS, where an account may run 1,000 at once."""

_SWEEP_SECONDS = 0.02
"""How exact timeouts are, and how soon a queue gets another worker; nothing else has a timer."""

_STILL_SECONDS = 0.1
"""A sweep that is so late is none of a busy process, but of one that was stopped."""

_RETIRE_SECONDS = 30.0
_DRAIN_SECONDS = 5.0

CredentialSource = Callable[[FunctionVersion], Awaitable[Credentials]]
"""Credentials of a function's execution role. Raises CloudError."""


class Functions:
    """Every function that some target group invokes, each version with its warm workers.

    And every other one for a while, from when it is called by the Lambda API.
    """

    def __init__(
        self,
        *,
        cache: Path,
        endpoint_url: str,
        credentials: CredentialSource,
        logs: LogBatcher,
        workers_per_version: int = WORKERS_PER_VERSION,
        observer: Observer | None = None,
    ) -> None:
        self._cache = cache
        self._endpoint_url = endpoint_url
        self._credentials = credentials
        self._logs = logs
        self._limit = workers_per_version
        self._observer = observer
        self._silence = Silence()
        self._targets: Mapping[str, Target] = {}
        self._routes: dict[str, _Route] = {}
        self._guests: dict[str, _Guest] = {}
        self._pools: dict[FunctionVersion, Pool] = {}
        self._retired: set[Pool] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        deployment_package.clean(cache)

    def start(self) -> None:
        self._logs.start()
        self._background(self._retire_idle())

    def update(self, targets: Mapping[str, Target]) -> None:
        """Serve these targets from now on.

        New versions get a worker at once; versions that nobody targets any more finish what they
        run and end.
        """
        self._targets = targets
        every = [*targets.values(), *(guest.target for guest in self._guests.values())]
        wanted = {version for target in every for version, _ in target.shares}
        for version in wanted - self._pools.keys():
            if version.refusal is not None:
                _log.warning("%s", version.refusal)
                continue
            if version.s3_obstacle is not None:
                _log.warning("function %s cannot reach S3: %s", version.name, version.s3_obstacle)
            self._pools[version] = Pool(version, self._spawn, self._limit)
            self._pools[version].warm()
        for version in self._pools.keys() - wanted:
            self._retire(self._pools.pop(version))
        self._routes = {arn: self._route(target) for arn, target in targets.items()}
        for guest in self._guests.values():
            guest.route = self._route(guest.target)

    def recycle(self) -> None:
        """Replace every worker: what they know of the world, credentials above all, is void."""
        retired, self._pools = self._pools, {}
        for pool in retired.values():
            self._retire(pool)
        self._guests.clear()
        self.update(self._targets)

    def invoke(
        self,
        arn: str,
        payload: bytes,
        done: Callable[[Outcome], None],
        *,
        trace_id: str,
        source_arn: str,
    ) -> None:
        """Run the function behind ``arn`` with a JSON payload for a target group.

        ``done`` is called once, perhaps before this returns. Every failure is a value, see Reason.
        """
        route = self._routes.get(arn)
        if route is None:
            done(Failed(Reason.NOT_FOUND, f"no such function: {arn}"))
            return
        if not route.allows(source_arn):
            detail = f"the policy of {arn} does not let {source_arn} invoke it"
            done(Failed(Reason.ACCESS_DENIED, detail))
            return
        self._run(route, Invocation(_request_id(), arn, payload, trace_id, done, time.monotonic()))

    def call(
        self,
        target: Target,
        payload: bytes,
        done: Callable[[Outcome], None],
        *,
        trace_id: str,
        tail: Tail | None = None,
        client_context: str = "",
    ) -> Invocation:
        """Run a function with a JSON payload for who calls it by its name.

        ``done`` as for ``invoke``; ``tail`` gets the end of the log before that;
        ``client_context`` is JSON for the handler's context.
        """
        now = time.monotonic()
        guest = self._guests.get(target.arn)
        if guest is None or guest.target != target:
            guest = self._guests[target.arn] = _Guest(target, self._route(target))
            self.update(self._targets)
        guest.used_at = now
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
        self._run(guest.route, invocation)
        return invocation

    def _run(self, route: _Route, invocation: Invocation) -> None:
        version = route.target.choose(random.random())  # noqa: S311 - a share, not a secret
        invocation.version = version.version
        pool = route.pools.get(version.version)
        if pool is None:
            detail = version.refusal or "it cannot run here"
            invocation.done(Failed(Reason.INVALID_RUNTIME, detail))
            return
        at_once = sum(each.in_flight for each in route.siblings) + 1
        if self._observer is not None:
            has_weights = len(route.target.shares) > 1
            _observe(self._observer, invocation, version.version, has_weights, at_once)
        limit = route.target.reserved_concurrency
        if limit is not None and at_once > limit:
            detail = f"reserved concurrency of {version.name} is {limit}"
            invocation.done(Failed(Reason.THROTTLING, detail))
            return
        if self._sweeping is None:
            self._sweep_soon()
        pool.submit(invocation)

    async def close(self) -> None:
        """End every worker, after a moment for what is running, and deliver the logs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(pool.drain(_DRAIN_SECONDS) for pool in self._every_pool()))
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self._logs.close()
        self._silence.close()

    def _route(self, target: Target) -> _Route:
        pools = {
            version.version: self._pools[version]
            for version, _ in target.shares
            if version in self._pools
        }
        names = {version.name for version, _ in target.shares}
        return _Route(
            target, pools, [pool for pool in self._every_pool() if pool.function.name in names]
        )

    def _every_pool(self) -> list[Pool]:
        return [*self._pools.values(), *self._retired]

    def _sweep(self, due_at: float) -> None:
        now = time.monotonic()
        pools = self._every_pool()
        for pool in pools:
            pool.sweep(now, stood_still=now - due_at > _STILL_SECONDS)
        self._sweeping = None
        if any(pool.in_flight for pool in pools):
            self._sweep_soon()

    def _sweep_soon(self) -> None:
        loop = asyncio.get_running_loop()
        due_at = time.monotonic() + _SWEEP_SECONDS
        self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep, due_at)

    async def _spawn(self, function: FunctionVersion, owner: Owner) -> Worker:
        s3_url = None if function.s3_obstacle is None else self._silence.url
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
            self._forget_guests(time.monotonic() - IDLE_SECONDS)

    def _forget_guests(self, before: float) -> None:
        """Those that were last called before that moment; their workers end with them."""
        gone = [arn for arn, guest in self._guests.items() if guest.used_at < before]
        for arn in gone:
            del self._guests[arn]
        if gone:
            self.update(self._targets)

    def _background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Route:
    """A target with what is looked up for each invocation.

    ``pools`` are those of its versions, by number; ``siblings`` all of its function, also of
    versions that only finish what they run: all of them count against its concurrency.
    """

    def __init__(self, target: Target, pools: Mapping[str, Pool], siblings: Sequence[Pool]) -> None:
        self.target = target
        self.pools = pools
        self.siblings = siblings
        self._allowed: dict[str, bool] = {}

    def allows(self, source_arn: str) -> bool:
        if source_arn not in self._allowed:
            self._allowed[source_arn] = self.target.allows(source_arn)
        return self._allowed[source_arn]


@dataclass(slots=True)
class _Guest:
    """A function that was called by its name, ``used_at`` last (``time.monotonic``)."""

    target: Target
    route: _Route
    used_at: float = 0.0


def _observe(
    observer: Observer, invocation: Invocation, version: str, has_weights: bool, at_once: int
) -> None:
    """Have the observer told when the invocation ends."""
    done = invocation.done

    def ended(outcome: Outcome) -> None:
        delivered_at = invocation.delivered_at
        duration_ms = (time.monotonic() - delivered_at) * 1000 if delivered_at else 0.0
        invocation.done = done  # and no circle of references is left for the collector
        done(outcome)
        observer(Ended(invocation.arn, version, has_weights, outcome, duration_ms, at_once))

    invocation.done = ended


def _request_id() -> str:
    """A random UUID, version 4, at a fifth of the price of the standard library's."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
