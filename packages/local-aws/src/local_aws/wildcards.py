"""Wildcard patterns: ``*`` is any number of characters, ``?`` exactly one."""

from __future__ import annotations

import re
from functools import lru_cache


def matches(pattern: str, text: str, *, ignore_case: bool = False, escapes: bool = False) -> bool:
    """Return whether the pattern matches the whole text."""
    compiled = compile_wildcards(pattern, ignore_case=ignore_case, escapes=escapes)
    return compiled.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def compile_wildcards(
    pattern: str, *, ignore_case: bool = False, escapes: bool = False
) -> re.Pattern[str]:
    r"""Return the pattern as an expression for ``fullmatch``.

    With ``escapes``, ``\*`` and ``\?`` stand for the characters themselves.
    """
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
        # An atomic group commits to the leftmost place of a segment. It never misses a match, and
        # a hostile text cannot make the search backtrack.
        *between, last = middle
        expression += "".join(f"(?>.*?{segment})" for segment in between) + f".*{last}"
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
