"""The text of one file, and where in it a character stands."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Source:
    """``text`` with the ``file`` it came from. Offsets count characters from 0, lines from 1."""

    text: str = field(repr=False)
    file: Path
    _starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(i + 1 for i, character in enumerate(self.text) if character == "\n")
        object.__setattr__(self, "_starts", starts)

    def line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def error(self, message: str, offset: int, *, hint: str | None = None) -> ConfigurationError:
        """To raise for the line that ``offset`` stands in."""
        return ConfigurationError(message, file=self.file, line=self.line(offset), hint=hint)


def decode(data: bytes, file: Path) -> str:
    """The text of a configuration file.

    HCL files are UTF-8 without NUL bytes; a byte order mark is skipped.

    Raises ConfigurationError with the line of the first byte that is not text.
    """
    nul = data.find(b"\0")
    if nul >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise ConfigurationError("a NUL byte: this is not a text file", file=file, line=line)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError("the file is not UTF-8 text", file=file, line=line) from None
