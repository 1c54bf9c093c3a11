"""The processes this runner started, and how they end.

Terraform gives its state lock back when it is interrupted once, and leaves it behind when it is
killed. So the first signal to the runner becomes one SIGINT for each child, and only the second
kills. Every child leads its own process group: a Ctrl-C of the terminal reaches it through the
runner alone, once, and a kill takes its provider plugins along.
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
_PATIENCE_SECONDS = 0.2
_PROMPT = b"Enter a value: "

OnLine = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """A program to start, with the folder and the whole environment it gets."""

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    answers: bool = False
    """Whether it may read our stdin."""
    gently: bool = False
    """Whether other processes go first."""

    @property
    def line(self) -> tuple[str, ...]:
        """What is started."""
        return ("nice", *self.argv) if self.gently else self.argv


@dataclass(frozen=True, slots=True)
class Finished:
    """``stdout`` and ``stderr`` are the last lines only, unless the output was captured whole."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class _Child:
    """``shares_terminal``: the terminal's Ctrl-C reaches it without us."""

    process: subprocess.Popen[bytes]
    shares_terminal: bool


@dataclass(slots=True)
class Children:
    """Starts processes and stops them all. Safe to use from many threads."""

    stopping: threading.Event = field(default_factory=threading.Event)
    _running: dict[int, _Child] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _signals: int = 0

    def run(
        self,
        command: Command,
        *,
        on_stdout: OnLine | None = None,
        on_stderr: OnLine | None = None,
        whole: bool = False,
    ) -> Finished:
        """Run to the end, handing over each line as it comes.

        ``whole`` keeps all of stdout. Raises ToolchainError if the program cannot be started, and
        Interrupted if the runner is already stopping.
        """
        process = self._start(command, piped=True)
        out: deque[str] = deque(maxlen=None if whole else _KEPT_LINES)
        err: deque[str] = deque(maxlen=_KEPT_LINES)
        assert process.stdout is not None and process.stderr is not None  # noqa: S101 - pipes

        def abandoned() -> bool:
            return self.stopping.is_set() and process.poll() is not None

        reader = threading.Thread(
            target=_read, args=(process.stderr, err, on_stderr, abandoned), daemon=True
        )
        reader.start()
        try:
            _read(process.stdout, out, on_stdout, abandoned)
            reader.join()
            code = process.wait()
        finally:
            self._forget(process)
        return Finished(code, "\n".join(out), "\n".join(err))

    def attached(self, command: Command) -> int:
        """Run with this terminal as the child's own, for prompts and the console."""
        process = self._start(command, piped=False)
        try:
            return process.wait()
        finally:
            self._forget(process)

    def stop(self, number: int = signal.SIGTERM, _frame: FrameType | None = None) -> None:
        """The first call asks every child to end; the second kills what is left."""
        self.stopping.set()
        self._signals += 1
        # No lock: this runs inside a signal handler, where the interrupted code may hold it.
        for child in list(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                if self._signals > 1:
                    self._kill(child)
                elif not (child.shares_terminal and number == signal.SIGINT):
                    child.process.send_signal(signal.SIGINT)

    @contextlib.contextmanager
    def handling_signals(self) -> Iterator[None]:
        """Within, SIGINT and SIGTERM to this process stop the children."""
        before = {n: signal.signal(n, self.stop) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self, command: Command, *, piped: bool) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE if piped else None
        # A process in the background of a terminal is stopped when it reads from it.
        shares_terminal = command.answers and sys.stdin.isatty()
        with self._lock:
            if self.stopping.is_set():
                raise Interrupted
            try:
                process = subprocess.Popen(
                    list(command.line),
                    cwd=command.cwd,
                    env=dict(command.environment),
                    stdin=None if command.answers else subprocess.DEVNULL,
                    stdout=pipe,
                    stderr=pipe,
                    process_group=None if shares_terminal else 0,
                )
            except OSError as error:
                raise ToolchainError(
                    f"cannot start {command.argv[0]!r}: {error.strerror}", hint="is it on PATH?"
                ) from None
            self._running[process.pid] = _Child(process, shares_terminal)
        if self.stopping.is_set():
            # The signal came between the check and the registration.
            process.send_signal(signal.SIGINT)
        return process

    @staticmethod
    def _kill(child: _Child) -> None:
        if child.shares_terminal:
            child.process.kill()
        else:
            os.killpg(child.process.pid, signal.SIGKILL)

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        with self._lock:
            child = self._running.pop(process.pid, None)
        if self.stopping.is_set() and child is not None and not child.shares_terminal:
            # What an interrupted child started itself, such as a provisioner's command.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


class Interrupted(BaseException):
    """The runner was told to stop; nothing new is started."""


def _read(
    pipe: IO[bytes], kept: deque[str], on_line: OnLine | None, abandoned: Callable[[], bool]
) -> None:
    """Read to the end: until nobody holds the other side, or it is ``abandoned``.

    A child's own child may keep the pipe open after an interrupt has ended the child.
    """
    rest = b""
    while True:
        if not select.select([pipe], [], [], _PATIENCE_SECONDS)[0]:
            if abandoned():
                break
            continue
        chunk = os.read(pipe.fileno(), 65536)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        if rest.endswith(_PROMPT):
            # The question would otherwise wait for the line end that the answer brings.
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
