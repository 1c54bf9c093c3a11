"""What Terraform writes, without colours and frames."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = "│╷╵ \t"


def plain(text: str) -> str:
    return _COLOUR.sub("", text)


def first_error(text: str) -> str | None:
    """What the first ``Error:`` says; None where there is none."""
    lines = [line.strip(_FRAME) for line in plain(text).splitlines()]
    found = next((line for line in lines if line.startswith("Error:")), None)
    return found.removeprefix("Error:").strip() if found else None


def last_line(text: str) -> str:
    lines = [line.strip(_FRAME) for line in plain(text).splitlines()]
    return next((line for line in reversed(lines) if line), "no message")
