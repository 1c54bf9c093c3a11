"""Characters as Terraform counts them, which are what a reader sees: grapheme clusters."""

from __future__ import annotations

import re
import unicodedata

from terragrunt_runner.language.values import UnsupportedError

# Go's unicode.IsSpace; Python's strip() also takes the separators U+001C to U+001F.
SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_JOINING = re.compile(
    "[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
)
_PLAIN = re.compile(r"\r\n|.", re.DOTALL)


def characters(text: str) -> list[str]:
    """``text`` in its visible characters.

    Raises UnsupportedError for scripts and emoji whose clusters Python's library cannot find.
    """
    if not text.isascii():
        for character in text:
            if unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf", "Lo") and (
                unicodedata.category(character) != "Lo" or _is_prepended(character)
            ):
                raise UnsupportedError(f"text with combining characters ({character!r})")
        if _JOINING.search(text):
            raise UnsupportedError("text with joined characters")
    return _PLAIN.findall(text)


def upper(text: str) -> str:
    """Character by character, as Go does: the German sharp s stays."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def lower(text: str) -> str:
    return "".join(c.lower() if len(c.lower()) == 1 else "i" for c in text)


def title(text: str) -> str:
    result, previous = [], " "
    for character in text:
        raised = character.title() if len(character.title()) == 1 else character
        result.append(raised if _separates(previous) else character)
        previous = character
    return "".join(result)


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return not character.isalnum() and character in SPACES


def _is_prepended(character: str) -> bool:
    return character in "\u0d4e\U000111c2\U000111c3\u0e33\u0eb3"
