"""The processes that the runner starts, and how they are stopped.

Terraform releases its state lock when it is interrupted once, and leaves it when it is killed. So
the first signal to the runner sends one SIGINT to each process, and only the second signal kills.
Every process leads its own process group: Ctrl-C in the terminal does not reach it directly, and a
kill takes its provider plugins with it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from terragrunt_runner.errors import ToolchainError

_KEPT_LINES = 2000
_POLL_SECONDS = 0.2
_PROMPT = b"Enter a value: "

OnLine = Callable[[str], None]


class Interrupted(BaseException):
    """The runner was told to stop; it starts no more processes."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its folder and its whole environment.

    ``reads_stdin``: it may read the runner's stdin.
    """

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    reads_stdin: bool = False


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """Exit code and output: the last lines only, unless all of it was asked for."""

    code: int
    stdout: str
    stderr: str


@dataclass(slots=True)
class Processes:
    """Starts processes and stops them. Thread-safe."""

    stopping: threading.Event = field(default_factory=threading.Event)
    _running: dict[int, _Process] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _signals: int = 0

    def run(
        self,
        command: Command,
        *,
        on_stdout: OnLine | None = None,
        on_stderr: OnLine | None = None,
        whole: bool = False,
    ) -> ProcessResult:
        """Run to the end and pass on each line as it is written.

        ``whole`` keeps all of stdout. Raises ToolchainError if the program cannot be started, and
        Interrupted if the runner is stopping.
        """
        process = self._start(command, piped=True)
        out: deque[str] = deque(maxlen=None if whole else _KEPT_LINES)
        err: deque[str] = deque(maxlen=_KEPT_LINES)
        assert process.stdout is not None and process.stderr is not None  # noqa: S101 - pipes

        def is_abandoned() -> bool:
            return self.stopping.is_set() and process.poll() is not None

        reader = threading.Thread(
            target=_read, args=(process.stderr, err, on_stderr, is_abandoned), daemon=True
        )
        reader.start()
        try:
            _read(process.stdout, out, on_stdout, is_abandoned)
            reader.join()
            code = process.wait()
        finally:
            self._forget(process)
        return ProcessResult(code, "\n".join(out), "\n".join(err))

    def run_attached(self, command: Command) -> int:
        """Run with the runner's stdin, stdout and stderr, for ``terraform console``."""
        process = self._start(command, piped=False)
        try:
            return process.wait()
        finally:
            self._forget(process)

    def stop(self, number: int = signal.SIGTERM, _frame: FrameType | None = None) -> None:
        """Interrupt every process at the first call; kill the rest at the second."""
        self.stopping.set()
        self._signals += 1
        # No lock: this runs in a signal handler, and the interrupted code may hold it.
        for running in list(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                if self._signals > 1:
                    running.kill()
                elif not (running.shares_terminal and number == signal.SIGINT):
                    running.process.send_signal(signal.SIGINT)

    @contextlib.contextmanager
    def handling_signals(self) -> Iterator[None]:
        """Inside the context, SIGINT and SIGTERM stop the processes."""
        before = {n: signal.signal(n, self.stop) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self, command: Command, *, piped: bool) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE if piped else None
        # A background process group of a terminal is stopped when it reads from it.
        shares_terminal = command.reads_stdin and sys.stdin.isatty()
        with self._lock:
            if self.stopping.is_set():
                raise Interrupted
            try:
                process = subprocess.Popen(
                    list(command.argv),
                    cwd=command.cwd,
                    env=dict(command.environment),
                    stdin=None if command.reads_stdin else subprocess.DEVNULL,
                    stdout=pipe,
                    stderr=pipe,
                    process_group=None if shares_terminal else 0,
                )
            except OSError as error:
                raise ToolchainError(
                    f"cannot start {command.argv[0]!r}: {error.strerror}", hint="is it on PATH?"
                ) from None
            self._running[process.pid] = _Process(process, shares_terminal)
        if self.stopping.is_set():
            # The signal came between the check and the registration.
            process.send_signal(signal.SIGINT)
        return process

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        with self._lock:
            running = self._running.pop(process.pid, None)
        if self.stopping.is_set() and running is not None and not running.shares_terminal:
            # End what the interrupted process started itself, such as a provisioner's command.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class _Process:
    """``shares_terminal``: Ctrl-C in the terminal reaches it directly."""

    process: subprocess.Popen[bytes]
    shares_terminal: bool

    def kill(self) -> None:
        if self.shares_terminal:
            self.process.kill()
        else:
            os.killpg(self.process.pid, signal.SIGKILL)


def _read(
    pipe: IO[bytes], kept: deque[str], on_line: OnLine | None, is_abandoned: Callable[[], bool]
) -> None:
    """Read lines until the pipe is closed or ``is_abandoned``.

    A grandchild may keep the pipe open after an interrupt has ended the process.
    """
    rest = b""
    while True:
        if not select.select([pipe], [], [], _POLL_SECONDS)[0]:
            if is_abandoned():
                break
            continue
        chunk = os.read(pipe.fileno(), 65536)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        if rest.endswith(_PROMPT):
            # A question has no line end before its answer.
            lines, rest = [*lines, rest], b""
        for line in lines:
            _take(line, kept, on_line)
    if rest:
        _take(rest, kept, on_line)


def _take(raw: bytes, kept: deque[str], on_line: OnLine | None) -> None:
    line = raw.decode("utf-8", "replace").rstrip("\r")
    kept.append(line)
    if on_line is not None:
        on_line(line)
