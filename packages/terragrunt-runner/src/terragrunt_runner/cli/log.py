"""Log lines in Terragrunt's own shapes, so that one reader understands both programs.

The default shape is ``HH:MM:SS.mmm LEVEL  [unit] terraform: line``. Lines that Terraform writes to
stdout go to stdout with level STDOUT; everything else goes to stderr.
Source: https://terragrunt.gruntwork.io/docs/features/log-formatting
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from terragrunt_runner.cli import console
from terragrunt_runner.errors import UsageError


class Level(IntEnum):
    """Less is more important; STDERR and STDOUT are Terraform's own lines and always shown."""

    STDERR = 0
    STDOUT = 1
    ERROR = 2
    WARN = 3
    INFO = 4
    DEBUG = 5
    TRACE = 6


_COLOURS = {
    Level.STDERR: "31",
    Level.STDOUT: "97",
    Level.ERROR: "31",
    Level.WARN: "33",
    Level.INFO: "32",
    Level.DEBUG: "94",
    Level.TRACE: "37",
}
FORMATS = ("pretty", "bare", "key-value", "json")


@dataclass(frozen=True, slots=True)
class Log:
    """Writes whole lines; safe to use from many threads.

    ``prefix`` names the unit under ``--all`` and is empty otherwise.
    """

    level: Level = Level.INFO
    style: str = "pretty"
    colour: bool = False
    prefix: str = ""
    started: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def for_unit(self, prefix: str) -> Log:
        return Log(self.level, self.style, self.colour, prefix, self.started, self.lock)

    def terraform(self, level: Level, text: str, binary: str = "terraform") -> None:
        """A line that Terraform wrote."""
        self._write(level, text, binary)

    def problem(self, text: str) -> None:
        self._write(Level.ERROR, text)

    def warn(self, text: str) -> None:
        self._write(Level.WARN, text)

    def info(self, text: str) -> None:
        self._write(Level.INFO, text)

    def debug(self, text: str) -> None:
        self._write(Level.DEBUG, text)

    def raw(self, text: str, *, stdout: bool) -> None:
        """A line without any decoration."""
        with self.lock:
            _emit(text, stdout=stdout)

    def _write(self, level: Level, text: str, binary: str = "") -> None:
        if level > self.level:
            return
        lines = text.splitlines() or [""]
        with self.lock:
            for line in lines:
                _emit(self._line(level, line, binary), stdout=level is Level.STDOUT)

    def _line(self, level: Level, text: str, binary: str) -> str:
        now = datetime.now().astimezone()
        if self.style == "json":
            record = {
                "level": level.name.lower(),
                "msg": text,
                "time": now.isoformat(timespec="seconds"),
            }
            if self.prefix:
                record["prefix"] = self.prefix
            if binary:
                record["tf-path"] = binary
            return json.dumps(record, sort_keys=True)
        if self.style == "key-value":
            middle = f" prefix={self.prefix}" if self.prefix else ""
            middle += f" tf-path={binary}" if binary else ""
            when = now.isoformat(timespec="seconds")
            return f"time={when} level={level.name.lower()}{middle} msg={text}"
        if self.style == "bare":
            elapsed = int(time.monotonic() - self.started)
            middle = f"[{self.prefix}] " if self.prefix else ""
            return f"{level.name[:4]}[{elapsed:04}] {middle}{text}"
        when = now.strftime("%H:%M:%S.") + f"{now.microsecond // 1000:03}"
        name = f"{level.name:<6}"
        middle = f"[{self.prefix}] " if self.prefix else ""
        tool = f"{binary}: " if binary else ""
        if self.colour:
            when = f"\x1b[90m{when}\x1b[0m"
            name = f"\x1b[{_COLOURS[level]}m{name}\x1b[0m"
            middle = f"\x1b[96m{middle}\x1b[0m" if middle else ""
            tool = f"\x1b[36m{tool}\x1b[0m" if tool else ""
        return f"{when} {name} {middle}{tool}{text}"


def _emit(text: str, *, stdout: bool) -> None:
    """A reader that has gone (``| head``) must not end an apply half way: go on unheard."""
    try:
        (console.data if stdout else console.note)(text)
    except BrokenPipeError:
        stream = sys.stdout if stdout else sys.stderr
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def create(
    level: str | None, style: str | None, no_colour: bool, environment: Mapping[str, str]
) -> Log:
    """The log that the flags ask for. Raises UsageError for a level or format that is not one."""
    wanted = (level or "info").upper()
    if wanted not in Level.__members__:
        names = ", ".join(name.lower() for name in Level.__members__)
        raise UsageError(f"unknown log level {level!r}", hint=f"levels: {names}")
    shape = style or "pretty"
    if shape not in FORMATS:
        raise UsageError(f"unknown log format {style!r}", hint=f"formats: {', '.join(FORMATS)}")
    colour = sys.stderr.isatty() and not no_colour and not environment.get("NO_COLOR")
    return Log(Level[wanted], shape, colour)
