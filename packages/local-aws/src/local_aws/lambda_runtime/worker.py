"""A worker: one execution environment with its process, Runtime API and log stream."""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from local_aws.cloudwatch.function_log_delivery import FunctionLogDelivery
from local_aws.lambda_runtime.environment_variables import Credentials, Endpoints, variables
from local_aws.lambda_runtime.function_version import FunctionVersion
from local_aws.lambda_runtime.invocation import (
    Failed,
    InitError,
    Invocation,
    LogTail,
    Outcome,
    ended_by_lambda,
)
from local_aws.lambda_runtime.platform_log import PlatformLog, Report
from local_aws.lambda_runtime.runtime_api import RuntimeApi
from local_aws.lambda_runtime.worker_process import WorkerProcess

INIT_SECONDS = 10.0
"""Limit of the init phase. Source: Lambda developer guide, "Init phase"."""

_LONGEST_INVOCATION_SECONDS = 900.0
"""Credentials must be valid for that long when an invocation starts."""

_EXIT_SECONDS = 1.0
"""Limit between the two signs of a worker's end: its socket is closed, its process is gone."""

_MEMORY_SECONDS = 1.0
"""Age of the value for used memory in a report; reading it costs more than a quick invocation."""

_MEMORY_CHECK_SECONDS = 0.05
"""Interval of the checks against the memory limit while an invocation runs."""


class WorkerOwner(Protocol):
    """Gives invocations to workers; see WorkerPool."""

    def freed(self, worker: Worker) -> None:
        """The worker finished its invocation and can take another."""

    def lost(self, worker: Worker, unread: Invocation | None) -> None:
        """The worker ended; ``unread`` is an invocation that was sent to it and not read."""


class Worker:
    """Made with ``start``; runs one invocation at a time until its process ends."""

    _process: WorkerProcess
    _ended: asyncio.Task[None]

    def __init__(
        self,
        function: FunctionVersion,
        credentials: Credentials,
        logs: FunctionLogDelivery,
        owner: WorkerOwner,
    ) -> None:
        now = time.monotonic()
        valid_seconds = credentials.expires_at - time.time()
        self.function = function
        self.alive = True
        self.used_at = now
        self.usable_until = now + valid_seconds - _LONGEST_INVOCATION_SECONDS
        self.log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
        self._logs = logs
        self._lines = PlatformLog(function.log_format, function.version, function.system_log_level)
        self._owner = owner
        self._api = RuntimeApi(self)
        loop = asyncio.get_running_loop()
        self._initialised: asyncio.Future[Failed | None] = loop.create_future()
        self._running: Invocation | None = None
        self._tail: LogTail | None = LogTail()  # of the init phase, for an InitError
        self._out_of_memory = False
        self._init_ms: float | None = None
        self._memory_mb = 0
        self._memory_at = 0.0

    @classmethod
    async def start(
        cls,
        function: FunctionVersion,
        owner: WorkerOwner,
        *,
        task_root: Path,
        credentials: Credentials,
        endpoints: Endpoints,
        logs: FunctionLogDelivery,
    ) -> Worker:
        """Run the init phase. Raises InitError if it fails."""
        began = time.perf_counter()
        logs.register_writer(function.log_group, function.role, function.name)
        worker = cls(function, credentials, logs, owner)
        first = worker._lines.init_start(function.name, function.runtime, function.region)
        if first is not None:
            # Not with _log: INIT_START is left out of the LogResult tail.
            logs.write(function.log_group, worker.log_stream, first)
        environment = variables(
            function,
            task_root=task_root,
            log_stream=worker.log_stream,
            credentials=credentials,
            endpoints=endpoints,
        )
        connection, worker_connection = socket.socketpair()
        connection.setblocking(False)
        try:
            worker._process = await WorkerProcess.spawn(
                task_root, environment, worker_connection, worker._log
            )
            worker._ended = asyncio.create_task(worker._wait_for_end())
        except BaseException:
            connection.close()
            raise
        try:
            await worker._api.open(connection)
            await worker._initialise()
        except BaseException as error:
            await worker.stop()
            if isinstance(error, InitError):
                worker._report_init((time.perf_counter() - began) * 1000, error)
            raise
        worker._tail = None
        worker._init_ms = (time.perf_counter() - began) * 1000
        worker._process.read_output()
        worker._log(worker._lines.init_runtime_done())
        worker._log(worker._lines.init_report(worker._init_ms))
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, invocation: Invocation) -> None:
        """Start an invocation; the owner is told when the worker is free again or lost."""
        self._running = invocation
        invocation.delivered_at = time.monotonic()
        invocation.deliveries += 1
        if self._logs.full and invocation.tail is None:
            self._logs.drop(1)  # see FunctionLogDelivery.full
        else:
            self._tail = invocation.tail
            self._log(self._lines.start(invocation.request_id))
        self._api.send(invocation, self.function.timeout_seconds)

    def check(self, now: float) -> None:
        """End the invocation if it exceeded its timeout or memory limit."""
        invocation = self._running
        if invocation is None:
            return
        if now - invocation.delivered_at >= self.function.timeout_seconds:
            self._time_out(invocation)
        elif now - max(invocation.delivered_at, self._memory_at) >= _MEMORY_CHECK_SECONDS:
            self._memory_at = now
            self._check_memory()

    async def stop(self) -> None:
        """Kill the process and its child processes."""
        self.alive = False
        self._process.kill()
        await asyncio.shield(self._ended)

    def initialised(self, failed: Failed | None) -> None:
        if not self._initialised.done():
            self._initialised.set_result(failed)

    def finished(self, outcome: Outcome) -> None:
        invocation, self._running = self._running, None
        if invocation is None:
            return
        self.used_at = now = time.monotonic()
        duration_ms = (now - invocation.delivered_at) * 1000
        if self._logs.full and invocation.tail is None:
            self._logs.drop(2)
        else:
            status = "error" if isinstance(outcome, Failed) else "success"
            self._report(invocation, duration_ms, status, response_bytes=len(outcome.payload))
        if self.alive:
            self._owner.freed(self)
        invocation.finish(outcome)

    def disconnected(self) -> None:
        self.alive = False
        # Usually the process ends now. A function can also close the socket: kill it then.
        asyncio.get_running_loop().call_later(_EXIT_SECONDS, self._process.kill)

    async def _initialise(self) -> None:
        either: list[asyncio.Future[Any]] = [self._initialised, self._ended]
        until = time.monotonic() + INIT_SECONDS
        while time.monotonic() < until and not any(each.done() for each in either):
            await asyncio.wait(
                either, timeout=_MEMORY_CHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            self._check_memory()
        if self._initialised.done():
            if (failed := self._initialised.result()) is not None:
                raise InitError.reported(failed.detail, failed.payload)
            if not self.alive:
                raise InitError("the runtime exited right after init")
        elif self._ended.done():
            raise InitError.exited(self._process.exit_text, self._exit_type)
        else:
            raise InitError.timed_out(INIT_SECONDS)

    async def _wait_for_end(self) -> None:
        await self._process.wait()
        self.alive = False
        try:
            async with asyncio.timeout(_EXIT_SECONDS):
                await self._api.closed.wait()  # the last response may still arrive
        except TimeoutError:
            self._api.close()
        invocation, self._running = self._running, None
        if invocation is not None and self._api.all_read:
            self._exited(invocation)
            invocation = None
        self._owner.lost(self, invocation)

    @property
    def _exit_type(self) -> str:
        return "Runtime.OutOfMemory" if self._out_of_memory else "Runtime.ExitError"

    def _check_memory(self) -> None:
        self._memory_mb = max(self._memory_mb, self._process.used_memory_mb)
        if self._memory_mb > self.function.memory_mb:
            self._out_of_memory = True
            self._process.kill()  # as the kernel does on AWS; _wait_for_end reports it

    def _time_out(self, invocation: Invocation) -> None:
        self._running = None
        self.alive = False
        text = f"Task timed out after {self.function.timeout_seconds:.2f} seconds"
        self._process.read_output()
        self._log(self._lines.timed_out(invocation.request_id, text))
        self._report(invocation, self.function.timeout_seconds * 1000, "timeout")
        invocation.finish(ended_by_lambda("Sandbox.Timedout", invocation.request_id, text))
        self._process.kill()

    def _exited(self, invocation: Invocation) -> None:
        text = f"Runtime exited {self._process.exit_text}"
        self._log(self._lines.exited(invocation.request_id, text))
        duration_ms = (time.monotonic() - invocation.delivered_at) * 1000
        self._report(invocation, duration_ms, "error", self._exit_type)
        invocation.finish(ended_by_lambda("Runtime.ExitError", invocation.request_id, text))

    def _report_init(self, init_ms: float, error: InitError) -> None:
        status = "timeout" if error.error_type is None else "error"
        self._log(self._lines.init_runtime_done(status, error.error_type))
        self._log(self._lines.init_report(init_ms, status, error.error_type))
        if self._tail is not None:
            error.tail = self._tail

    def _report(
        self,
        invocation: Invocation,
        duration_ms: float,
        status: str,
        error_type: str | None = None,
        response_bytes: int = 0,
    ) -> None:
        self._process.read_output()
        self._log(self._lines.end(invocation.request_id))
        report = Report(
            request_id=invocation.request_id,
            duration_ms=duration_ms,
            memory_mb=self.function.memory_mb,
            used_memory_mb=self._used_memory_mb(),
            init_ms=self._init_ms,
            status=status,
            error_type=error_type,
        )
        self._log(self._lines.runtime_done(report, response_bytes))
        self._log(self._lines.report(report))
        self._init_ms = None
        self._tail = None

    def _used_memory_mb(self) -> int:
        now = time.monotonic()
        if now - self._memory_at > _MEMORY_SECONDS:
            self._memory_at = now
            self._memory_mb = max(self._memory_mb, self._process.used_memory_mb)
        return self._memory_mb

    def _log(self, message: str | None) -> None:
        if message is None:
            return
        self._logs.write(self.function.log_group, self.log_stream, message)
        if self._tail is not None:
            self._tail.write(message)
