"""Variables in a policy: ``${aws:username}``, ``${aws:username, 'default'}``, ``${*}``.

Source: IAM user guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Context = Mapping[str, tuple[str, ...]]
"""Request context: values by context key, each key in lower case."""

_VARIABLE = re.compile(r"\$\{\s*(?P<key>[^},]+?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?\}")
_LITERALS = frozenset({"*", "?", "$"})
_SPECIAL = re.compile(r"[*?\\]")


def expand(text: str, context: Context) -> str | None:
    """Replace the variables by their values; None if the request has no value for one of them."""
    return _expand(text, context, as_pattern=False)


def expand_pattern(pattern: str, context: Context) -> str | None:
    r"""Like expand, for a pattern: the ``*`` of a value becomes ``\*``, so it is no wildcard."""
    return _expand(pattern.replace("\\", "\\\\"), context, as_pattern=True)


def _expand(text: str, context: Context, *, as_pattern: bool) -> str | None:
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        key = match["key"]
        values = (key,) if key in _LITERALS else context.get(key.lower(), ())
        found = values[0] if len(values) == 1 else match["default"]
        if found is None:
            missing = True
            return ""
        return _SPECIAL.sub(r"\\\g<0>", found) if as_pattern else found

    expanded = _VARIABLE.sub(value, text)
    return None if missing else expanded
