"""One execution environment: a process with AWS's runtime client, and what surrounds it."""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from local_aws.cloudwatch.function_log_delivery import LogBatcher, LogStream
from local_aws.lambda_runtime.environment_variables import Credentials, Endpoints, variables
from local_aws.lambda_runtime.function_version import FunctionVersion
from local_aws.lambda_runtime.init_error import InitError
from local_aws.lambda_runtime.invocation import Invocation
from local_aws.lambda_runtime.outcome import Failed, Outcome, fault
from local_aws.lambda_runtime.platform_log import PlatformLog, Report
from local_aws.lambda_runtime.runtime_api import RuntimeApi
from local_aws.lambda_runtime.tail import Tail
from local_aws.lambda_runtime.worker_process import WorkerProcess

INIT_SECONDS = 10.0
"""Time a function has to initialise. Source: Lambda developer guide, "Init phase"."""

_CREDENTIALS_LEFT_SECONDS = 900.0
"""The longest invocation there is: credentials must outlast it."""

_EXIT_SECONDS = 1.0
"""From one sign of a worker's end to the other: the socket closes, the process is gone."""

_MEMORY_SECONDS = 1.0
"""How old the figure for used memory may be: asking costs as much as a whole invocation."""

_WATCH_SECONDS = 0.05
"""How old it may be while an invocation takes its time: one that takes too much memory is ended."""

_RUNTIME_API = "127.0.0.1:9001"
"""What a function finds in its environment on AWS; here the client does not use it."""


class Owner(Protocol):
    """Who gives invocations to workers; see Pool. ``waited_for`` while invocations wait."""

    @property
    def waited_for(self) -> bool: ...

    def freed(self, worker: Worker) -> None:
        """It has finished its invocation and may have another."""

    def lost(self, worker: Worker, untaken: Invocation | None) -> None:
        """It has ended; ``untaken`` is the invocation that it was sent and never took."""


class Worker:
    """Made with ``start``; runs one invocation at a time; ends with ``stop`` or by itself."""

    _process: WorkerProcess
    _ended: asyncio.Task[None]

    def __init__(
        self,
        function: FunctionVersion,
        credentials: Credentials,
        log: LogStream,
        owner: Owner,
    ) -> None:
        now = time.monotonic()
        self.function = function
        self.alive = True
        self.used_at = now
        self.usable_until = now + credentials.expires_at - time.time() - _CREDENTIALS_LEFT_SECONDS
        self._log = log
        self._lines = PlatformLog(function.log_format, function.version, function.system_log_level)
        self._owner = owner
        self._api = RuntimeApi(self)
        loop = asyncio.get_running_loop()
        self._initialised: asyncio.Future[Failed | None] = loop.create_future()
        self._running: Invocation | None = None
        self._tail: Tail | None = Tail()  # until it is initialised: should that fail
        self._out_of_memory = False
        self._init_ms: float | None = None
        self._memory_mb = 0
        self._memory_at = 0.0

    @classmethod
    async def start(
        cls,
        function: FunctionVersion,
        owner: Owner,
        *,
        task_root: Path,
        credentials: Credentials,
        endpoints: Endpoints,
        logs: LogBatcher,
    ) -> Worker:
        """A worker that waits for work. Raises InitError when the function does not initialise."""
        began = time.perf_counter()
        log = LogStream(logs, function.log_group, _stream_name(function))
        worker = cls(function, credentials, log, owner)
        first = worker._lines.init_start(function.name, function.runtime, function.region)
        if first is not None:
            log.write(first)  # alone: it is never part of what who invokes can see of a log
        environment = variables(
            function,
            task_root=task_root,
            runtime_api=_RUNTIME_API,
            log_stream=log.stream,
            credentials=credentials,
            endpoints=endpoints,
        )
        ours, its = socket.socketpair()
        ours.setblocking(False)
        try:
            spawning = WorkerProcess.spawn(task_root, environment, its, worker._print)
            worker._process = await spawning
            worker._ended = asyncio.create_task(worker._watch())
        except BaseException:
            ours.close()
            raise
        try:
            await worker._api.open(ours)
            await worker._initialise()
        except BaseException as error:
            await worker.stop()
            if isinstance(error, InitError):
                worker._report_init((time.perf_counter() - began) * 1000, error)
            raise
        worker._tail = None
        worker._init_ms = (time.perf_counter() - began) * 1000
        worker._write(worker._lines.init_runtime_done())
        worker._write(worker._lines.init_report(worker._init_ms))
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _exit_kind(self) -> str:
        return "Runtime.OutOfMemory" if self._out_of_memory else "Runtime.ExitError"

    def run(self, invocation: Invocation) -> None:
        """Give it an invocation; the owner is told when it is free again, or lost."""
        self._running = invocation
        invocation.delivered_at = time.monotonic()
        invocation.deliveries += 1
        if self._log.full and invocation.tail is None:
            self._log.drop(1)
        else:
            self._process.drain()
            self._tail = invocation.tail
            self._write(self._lines.start(invocation.request_id))
        self._api.send(invocation, self.function.timeout_seconds)

    def check(self, now: float) -> None:
        """End it when its invocation has run for too long, or has taken too much memory."""
        invocation = self._running
        if invocation is None:
            return
        if now - invocation.delivered_at >= self.function.timeout_seconds:
            self._time_out(invocation)
        elif now - max(invocation.delivered_at, self._memory_at) >= _WATCH_SECONDS:
            self._memory_at = now
            self._end_beyond_memory()

    async def stop(self) -> None:
        """End the process and all that it started."""
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
        if invocation.tail is None and not self._owner.waited_for:
            invocation.done(outcome)  # reporting can wait until the client has its answer
            self._conclude(invocation, outcome, duration_ms)
        else:
            # The next invocation runs while this answer is on its way.
            self._conclude(invocation, outcome, duration_ms)
            invocation.done(outcome)

    def _conclude(self, invocation: Invocation, outcome: Outcome, duration_ms: float) -> None:
        """Report on an invocation, and be free for the next."""
        if self._log.full and invocation.tail is None:
            self._log.drop(2)
        else:
            status = "error" if isinstance(outcome, Failed) else "success"
            self._report(invocation, duration_ms, status, answer_bytes=len(outcome.payload))
        if self.alive:
            self._owner.freed(self)

    def hung_up(self) -> None:
        self.alive = False
        # It ends now, unless its code has closed the socket: then it is of no use to anybody.
        asyncio.get_running_loop().call_later(_EXIT_SECONDS, self._process.kill)

    async def _initialise(self) -> None:
        either: list[asyncio.Future[Any]] = [self._initialised, self._ended]
        until = time.monotonic() + INIT_SECONDS
        while time.monotonic() < until and not any(each.done() for each in either):
            await asyncio.wait(either, timeout=_WATCH_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            self._end_beyond_memory()
        if self._initialised.done():
            if (failed := self._initialised.result()) is not None:
                raise InitError.reported(failed.detail, failed.payload)
            if not self.alive:
                raise InitError("the runtime exited right after init")
        elif self._ended.done():
            raise InitError.exited(self._process.exit_text, self._exit_kind)
        else:
            raise InitError.timed_out(INIT_SECONDS)

    async def _watch(self) -> None:
        await self._process.wait()
        self.alive = False
        try:
            async with asyncio.timeout(_EXIT_SECONDS):
                await self._api.closed.wait()  # its last answer may still be on its way
        except TimeoutError:
            self._api.close()
        invocation, self._running = self._running, None
        if invocation is not None and self._api.took_all:
            self._exited(invocation)
            invocation = None
        self._owner.lost(self, invocation)

    def _end_beyond_memory(self) -> None:
        self._memory_mb = max(self._memory_mb, self._process.used_memory_mb)
        if self._memory_mb > self.function.memory_mb:
            self._out_of_memory = True
            self._process.kill()  # as the kernel does on AWS; _watch says the rest

    def _time_out(self, invocation: Invocation) -> None:
        self._running = None
        self.alive = False
        text = f"Task timed out after {self.function.timeout_seconds:.2f} seconds"
        self._process.drain()
        self._write(self._lines.timed_out(invocation.request_id, text))
        self._report(invocation, self.function.timeout_seconds * 1000, "timeout")
        invocation.done(fault("Sandbox.Timedout", invocation.request_id, text))
        self._process.kill()

    def _exited(self, invocation: Invocation) -> None:
        text = f"Runtime exited {self._process.exit_text}"
        self._write(self._lines.exited(invocation.request_id, text))
        duration_ms = (time.monotonic() - invocation.delivered_at) * 1000
        self._report(invocation, duration_ms, "error", self._exit_kind)
        invocation.done(fault("Runtime.ExitError", invocation.request_id, text))

    def _report_init(self, init_ms: float, error: InitError) -> None:
        """Say in the log, and to who asks for the end of it, that it did not initialise."""
        status = "timeout" if error.kind is None else "error"
        self._write(self._lines.init_runtime_done(status, error.kind))
        self._write(self._lines.init_report(init_ms, status, error.kind))
        if self._tail is not None:
            error.tail.follow(self._tail)

    def _report(
        self,
        invocation: Invocation,
        duration_ms: float,
        status: str,
        kind: str | None = None,
        answer_bytes: int = 0,
    ) -> None:
        self._process.drain()
        self._write(self._lines.end(invocation.request_id))
        report = Report(
            request_id=invocation.request_id,
            duration_ms=duration_ms,
            memory_mb=self.function.memory_mb,
            used_memory_mb=self._used_memory_mb(),
            init_ms=self._init_ms,
            status=status,
            error_type=kind,
        )
        self._write(self._lines.runtime_done(report, answer_bytes))
        self._write(self._lines.report(report))
        self._init_ms = None
        self._tail = None

    def _used_memory_mb(self) -> int:
        now = time.monotonic()
        if now - self._memory_at > _MEMORY_SECONDS:
            self._memory_at = now
            self._memory_mb = max(self._memory_mb, self._process.used_memory_mb)
        return self._memory_mb

    def _write(self, message: str | None) -> None:
        if message is not None:
            self._print(message)

    def _print(self, message: str) -> None:
        self._log.write(message)
        if self._tail is not None:
            self._tail.write(message)


def _stream_name(function: FunctionVersion) -> str:
    day = datetime.now(UTC).strftime("%Y/%m/%d")
    return f"{day}/[{function.version}]{uuid.uuid4().hex}"
