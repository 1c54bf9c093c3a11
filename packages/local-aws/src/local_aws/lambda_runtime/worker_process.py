"""The operating system's side of a worker: a process, its output, its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import py_compile
import signal
import socket
import sys
import sysconfig
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import psutil

from local_aws.cloudwatch.function_log_delivery import MESSAGE_BYTES

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_PACKAGES = tuple(dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib")))
_PIPE_BYTES = 65_536
_PIPE_READS = 2  # a pipe holds 64 KB; a line may come while it is read


@cache
def _bootstrap() -> str:
    """The compiled file: Python compiles one that it is started with each time, for 1.5 ms."""
    try:
        return py_compile.compile(str(_BOOTSTRAP)) or str(_BOOTSTRAP)
    except OSError:  # a folder that nobody may write to
        return str(_BOOTSTRAP)


class WorkerProcess:
    """Made with ``spawn``. ``on_line`` gets each line that the process prints, newline included."""

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

        ``connection`` is the worker's end of the Runtime API; this process gives it up.
        """
        output, worker_output = os.pipe()
        os.set_blocking(output, False)
        arguments = (_bootstrap(), str(os.getpid()), str(connection.fileno()), *_PACKAGES)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-S", *arguments),
                cwd=task_root,
                env=dict(environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=worker_output,
                stderr=worker_output,
                pass_fds=(connection.fileno(),),
                # A session of its own: Ctrl-C in a terminal reaches only us, and what the worker
                # starts can be ended with it.
                start_new_session=True,
            )
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(worker_output)
            connection.close()
        worker = cls(process, output, on_line)
        asyncio.get_running_loop().add_reader(output, worker.drain)
        return worker

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    @property
    def exit_text(self) -> str:
        """How it ended, in Lambda's words."""
        code = self._process.returncode
        if not code:
            return "without providing a reason"
        if code < 0:
            return f"with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        return f"with error: exit status {code}"

    @property
    def used_memory_mb(self) -> int:
        """What of its memory is resident now, without its children's."""
        try:
            if self._statistics is None:
                self._statistics = psutil.Process(self.pid)
            return int(self._statistics.memory_info().rss) >> 20
        except psutil.Error:
            return 0

    async def wait(self) -> None:
        """Return when the process has ended and its last line was passed on."""
        await self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # what it started ends with it
        self.drain()
        self._close_output()

    def kill(self) -> None:
        """End the process and all that it started."""
        if self.running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def drain(self) -> None:
        """Pass on what is printed so far, so that it stands before whatever is logged next.

        No more at once than a pipe holds: who prints without end must not keep us from others.
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
