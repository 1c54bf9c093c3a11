"""Wildcards: ``*`` is any number of characters, ``?`` exactly one; there is nothing else."""

from __future__ import annotations

import re
from functools import lru_cache


def matches(pattern: str, text: str, *, ignore_case: bool = False, escapes: bool = False) -> bool:
    r"""True when the whole text fits. With ``escapes``, ``\*`` and ``\?`` stand for themselves."""
    return compiled(pattern, ignore_case, escapes).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def compiled(pattern: str, ignore_case: bool = False, escapes: bool = False) -> re.Pattern[str]:
    """The expression whose ``fullmatch`` is what ``matches`` says."""
    pieces = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL) if escapes else list(pattern)
    segments = [""]
    for piece in pieces:
        if piece == "*":
            segments.append("")
        else:
            segments[-1] += "." if piece == "?" else re.escape(piece[-1])
    first, *middle = segments
    expression = first
    if middle:
        # Atomic: the leftmost place for a segment is as good as any, so nothing is tried twice
        # and a hostile path costs no more than its length.
        *between, last = middle
        expression += "".join(f"(?>.*?{segment})" for segment in between) + f".*{last}"
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
