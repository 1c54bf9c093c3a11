"""The process of a worker: its start, output, memory and end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from local_aws.cloudwatch.function_log_delivery import MESSAGE_BYTES
from local_aws.lambda_runtime import bootstrap

_PACKAGES = tuple(dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib")))
_PIPE_BYTES = 65_536
_PIPE_READS = 2  # a pipe holds 64 KB; a line may arrive while it is read


class WorkerProcess:
    """Made with ``spawn``. ``on_line`` gets each line of output, with its newline."""

    def __init__(
        self, process: asyncio.subprocess.Process, output: int, on_line: Callable[[str], None]
    ) -> None:
        self.pid = process.pid
        self._process = process
        self._output: int | None = output
        self._on_line = on_line
        self._partial = b""
        self._statistics: psutil.Process | None = None

    @classmethod
    async def spawn(
        cls,
        task_root: Path,
        environment: Mapping[str, str],
        connection: socket.socket,
        on_line: Callable[[str], None],
    ) -> WorkerProcess:
        """Start the runtime client in ``task_root`` with exactly this environment.

        ``connection`` is the worker's end of the Runtime API; it is closed here.
        """
        output, worker_output = os.pipe()
        os.set_blocking(output, False)
        arguments = (bootstrap.__file__, str(os.getpid()), str(connection.fileno()), *_PACKAGES)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-S", *arguments),
                cwd=task_root,
                env=dict(environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=worker_output,
                stderr=worker_output,
                pass_fds=(connection.fileno(),),
                # A new session: Ctrl-C in the terminal does not reach the worker, and killing the
                # process group also kills the processes that the function started.
                start_new_session=True,
            )
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(worker_output)
            connection.close()
        worker = cls(process, output, on_line)
        asyncio.get_running_loop().add_reader(output, worker.read_output)
        return worker

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    @property
    def exit_text(self) -> str:
        """Describe how the process ended, in Lambda's words."""
        code = self._process.returncode
        if not code:
            return "without providing a reason"
        if code < 0:
            return f"with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        return f"with error: exit status {code}"

    @property
    def used_memory_mb(self) -> int:
        """Resident memory now, without child processes; 0 if the process has ended."""
        try:
            if self._statistics is None:
                self._statistics = psutil.Process(self.pid)
            return int(self._statistics.memory_info().rss) >> 20
        except psutil.Error:
            return 0

    async def wait(self) -> None:
        """Wait for the end of the process and pass on the rest of its output."""
        await self._process.wait()
        self._kill_group()  # child processes end with it
        self.read_output()
        self._close_output()

    def kill(self) -> None:
        """Kill the process and its child processes."""
        if self.running:
            self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def read_output(self) -> None:
        """Pass on the output so far, so that it precedes the next platform log line.

        It reads at most what the pipe holds, so that endless output does not block the event loop.
        """
        for _ in range(_PIPE_READS):
            if self._output is None:
                return
            try:
                chunk = os.read(self._output, _PIPE_BYTES)
            except BlockingIOError:
                return
            if not chunk:
                self._close_output()
                return
            self._pass_on(chunk)
            if len(chunk) < _PIPE_BYTES:
                return

    def _pass_on(self, chunk: bytes) -> None:
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > MESSAGE_BYTES:
            lines.append(self._partial)
            self._partial = b""
        for line in lines:
            self._on_line(line.decode(errors="replace") + "\n")

    def _close_output(self) -> None:
        if self._output is None:
            return
        asyncio.get_running_loop().remove_reader(self._output)
        os.close(self._output)
        self._output = None
        if self._partial:
            self._on_line(self._partial.decode(errors="replace") + "\n")
            self._partial = b""
