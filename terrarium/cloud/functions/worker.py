"""One execution environment: a process with AWS's runtime client, and what surrounds it."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from terrarium.cloud.functions.environment import Credentials, variables
from terrarium.cloud.functions.function import FunctionVersion
from terrarium.cloud.functions.invocation import Invocation, NotDeliveredError
from terrarium.cloud.functions.logs import LogBatcher, LogStream
from terrarium.cloud.functions.outcome import Failed, Outcome, Reason
from terrarium.cloud.functions.platform_log import PlatformLog, Report
from terrarium.cloud.functions.process import WorkerProcess
from terrarium.cloud.functions.runtime_api import RuntimeApi

INIT_SECONDS = 10.0
"""Time a function has to initialise. Source: Lambda developer guide, "Init phase"."""

_CREDENTIALS_LEFT_SECONDS = 900.0
"""The longest invocation there is: credentials must outlast it."""


class InitError(Exception):
    """The worker never came to ask for work; the text says why."""


class Worker:
    """Made with ``start``; runs one invocation at a time; ends with ``stop`` or by itself."""

    def __init__(
        self,
        function: FunctionVersion,
        credentials: Credentials,
        log: LogStream,
        api: RuntimeApi,
        process: WorkerProcess,
    ) -> None:
        api.on_delivered = self._delivered
        self.function = function
        self.used_at = time.monotonic()
        self._credentials = credentials
        self._log = log
        self._lines = PlatformLog(function.log_format, function.version)
        self._api = api
        self._process = process
        self._init_ms: float | None = None
        self._ended = asyncio.create_task(self._watch())

    @classmethod
    async def start(
        cls,
        function: FunctionVersion,
        *,
        task_root: Path,
        credentials: Credentials,
        endpoint_url: str,
        logs: LogBatcher,
    ) -> Worker:
        """A worker that waits for work. Raises InitError when the function does not initialise."""
        began = time.perf_counter()
        log = LogStream(logs, function.log_group, _stream_name(function))
        api = RuntimeApi()
        try:
            environment = variables(
                function,
                task_root=task_root,
                runtime_api=await api.open(),
                log_stream=log.stream,
                credentials=credentials,
                endpoint_url=endpoint_url,
            )
            process = await WorkerProcess.spawn(task_root, environment, log.write)
        except BaseException:
            await api.close()
            raise
        worker = cls(function, credentials, log, api, process)
        try:
            await worker._initialise()
        except BaseException:
            await worker.stop()
            raise
        worker._init_ms = (time.perf_counter() - began) * 1000
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.alive

    @property
    def expired(self) -> bool:
        """True when its credentials might not last through another invocation."""
        return time.time() > self._credentials.expires_at - _CREDENTIALS_LEFT_SECONDS

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run one invocation to its end.

        After a timeout the worker is dead. Raises NotDeliveredError when the process ended before
        it took the invocation.
        """
        if self._ended.done():
            raise NotDeliveredError
        self._process.drain()
        self._process.has_taken()  # the one before; what comes now is this one
        self._api.offer(invocation)
        try:
            async with asyncio.timeout(self.function.timeout_seconds):
                outcome = await asyncio.shield(invocation.outcome)
        except TimeoutError:
            outcome = await self._time_out(invocation)
        else:
            # Reporting costs more than a loop's turn; the client need not wait for it.
            status = "error" if isinstance(outcome, Failed) else "success"
            duration_ms = _milliseconds_since(invocation.delivered_at)
            asyncio.get_running_loop().call_soon(self._report, invocation, duration_ms, status)
        self.used_at = time.monotonic()
        return outcome

    async def stop(self) -> None:
        """End the process and all that it started."""
        self._process.kill()
        await asyncio.shield(self._ended)
        await self._api.close()

    async def _initialise(self) -> None:
        either: list[asyncio.Future[Any]] = [self._api.initialised, self._ended]
        await asyncio.wait(either, timeout=INIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if self._api.initialised.done():
            if (error := self._api.initialised.result()) is not None:
                raise InitError(error)
        elif self._ended.done():
            raise InitError(f"the runtime exited during init {self._process.exit_text}")
        else:
            raise InitError(f"init took over {INIT_SECONDS:.0f} seconds")

    async def _time_out(self, invocation: Invocation) -> Outcome:
        text = f"Task timed out after {self.function.timeout_seconds:.2f} seconds"
        outcome = Failed(Reason.UNHANDLED, text)
        if not invocation.outcome.done():
            invocation.outcome.set_result(outcome)
        self._process.drain()
        self._write(self._lines.fault(invocation.request_id, text))
        self._report(invocation, self.function.timeout_seconds * 1000, "timeout")
        await self.stop()
        return outcome

    async def _watch(self) -> None:
        await self._process.wait()
        taken = self._process.has_taken()
        self._process.close()
        invocation = self._api.unfinished
        if invocation is None:
            return
        if not taken:
            invocation.outcome.set_exception(NotDeliveredError())
            return
        text = f"Error: Runtime exited {self._process.exit_text}"
        self._write(self._lines.fault(invocation.request_id, text))
        invocation.outcome.set_result(Failed(Reason.UNHANDLED, text))

    def _delivered(self, invocation: Invocation) -> None:
        self._write(self._lines.start(invocation.request_id))

    def _report(self, invocation: Invocation, duration_ms: float, status: str) -> None:
        self._process.drain()
        self._write(self._lines.end(invocation.request_id))
        report = Report(
            request_id=invocation.request_id,
            duration_ms=duration_ms,
            memory_mb=self.function.memory_mb,
            used_memory_mb=self._process.used_memory_mb,
            init_ms=self._init_ms,
            status=status,
        )
        self._write(self._lines.report(report))
        self._init_ms = None

    def _write(self, message: str | None) -> None:
        if message is not None:
            self._log.write(message)


def _stream_name(function: FunctionVersion) -> str:
    day = datetime.now(UTC).strftime("%Y/%m/%d")
    return f"{day}/[{function.version}]{uuid.uuid4().hex}"


def _milliseconds_since(moment: float | None) -> float:
    return 0.0 if moment is None else (asyncio.get_running_loop().time() - moment) * 1000
