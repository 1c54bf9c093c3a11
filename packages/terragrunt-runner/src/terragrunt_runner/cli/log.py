"""Output: data on stdout, log lines in Terragrunt's formats.

The default format is ``HH:MM:SS.mmm LEVEL  [unit] terraform: line``. Terraform's stdout goes to
stdout with the level STDOUT; every other log line goes to stderr.
Source: https://terragrunt.gruntwork.io/docs/features/log-formatting
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from terragrunt_runner.errors import UsageError


class Level(IntEnum):
    """A lower number is more important. STDERR and STDOUT are Terraform's lines, always shown."""

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
    """Writes whole lines; thread-safe. ``prefix`` names the unit under ``--all``, else it is ''."""

    level: Level = Level.INFO
    style: str = "pretty"
    colour: bool = False
    prefix: str = ""
    started: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def for_unit(self, prefix: str) -> Log:
        return replace(self, prefix=prefix)

    def terraform(self, level: Level, text: str, binary: str = "terraform") -> None:
        """Write output of Terraform or, with another ``binary``, of a hook."""
        self._write(level, text, binary)

    def failure(self, text: str) -> None:
        self._write(Level.ERROR, text)

    def warn(self, text: str) -> None:
        self._write(Level.WARN, text)

    def info(self, text: str) -> None:
        self._write(Level.INFO, text)

    def debug(self, text: str) -> None:
        self._write(Level.DEBUG, text)

    def raw(self, text: str, *, stdout: bool) -> None:
        """Write a line without time, level and prefix."""
        with self.lock:
            _emit(text, stdout=stdout)

    def _write(self, level: Level, text: str, binary: str = "") -> None:
        if level > self.level:
            return
        with self.lock:
            for line in text.splitlines() or [""]:
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
        middle = f"[{self.prefix}] " if self.prefix else ""
        if self.style == "bare":
            elapsed = int(time.monotonic() - self.started)
            return f"{level.name[:4]}[{elapsed:04}] {middle}{text}"
        when = now.strftime("%H:%M:%S.") + f"{now.microsecond // 1000:03}"
        name = f"{level.name:<6}"
        tool = f"{binary}: " if binary else ""
        if self.colour:
            when = f"\x1b[90m{when}\x1b[0m"
            name = f"\x1b[{_COLOURS[level]}m{name}\x1b[0m"
            middle = f"\x1b[96m{middle}\x1b[0m" if middle else ""
            tool = f"\x1b[36m{tool}\x1b[0m" if tool else ""
        return f"{when} {name} {middle}{tool}{text}"


def create(
    level: str | None, style: str | None, no_colour: bool, environment: Mapping[str, str]
) -> Log:
    """Make the log that the flags ask for. Raises UsageError for an unknown level or format."""
    name = (level or "info").upper()
    if name not in Level.__members__:
        names = ", ".join(known.lower() for known in Level.__members__)
        raise UsageError(f"unknown log level {level!r}", hint=f"levels: {names}")
    if style and style not in FORMATS:
        raise UsageError(f"unknown log format {style!r}", hint=f"formats: {', '.join(FORMATS)}")
    colour = sys.stderr.isatty() and not no_colour and not environment.get("NO_COLOR")
    return Log(Level[name], style or "pretty", colour)


def print_data(text: str) -> None:
    """Write a line of data to stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_stderr(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _emit(text: str, *, stdout: bool) -> None:
    """Write a line. A closed pipe (``| head``) must not end an apply half way."""
    try:
        (print_data if stdout else print_stderr)(text)
    except BrokenPipeError:
        stream = sys.stdout if stdout else sys.stderr
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
