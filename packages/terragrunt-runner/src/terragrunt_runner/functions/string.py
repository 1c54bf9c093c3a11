"""Functions for strings."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Mapping
from typing import cast

from terragrunt_runner.functions.filesystem import render
from terragrunt_runner.functions.numeric import to_int
from terragrunt_runner.language.numbers import Number
from terragrunt_runner.language.scope import ANY, CallSite, Library
from terragrunt_runner.language.types import NUMBER, STRING, list_of
from terragrunt_runner.language.values import InvalidValueError, List, UnsupportedError, Value

LIBRARY = Library()

LIBRARY.define("startswith", STRING, STRING)(str.startswith)
LIBRARY.define("endswith", STRING, STRING)(str.endswith)
LIBRARY.define("strcontains", STRING, STRING)(operator.contains)
LIBRARY.define("trim", STRING, STRING)(str.strip)
LIBRARY.define("trimprefix", STRING, STRING)(str.removeprefix)
LIBRARY.define("trimsuffix", STRING, STRING)(str.removesuffix)

# Go's unicode.IsSpace; Python's strip() also takes the separators U+001C to U+001F.
_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# Letters and symbols that form one character with the next or the previous one.
_JOINED = re.compile(
    "[\u0d4e\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\U000111c2\U000111c3"
    "\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
)
_CHARACTER = re.compile(r"\r\n|.", re.DOTALL)
_LINE_ENDS = re.compile(r"(?:\r\n?|\n)*\Z")


@LIBRARY.define("upper", STRING)
def upper(text: str) -> str:
    """Convert each character alone, as Go does: the German sharp s stays."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


@LIBRARY.define("lower", STRING)
def lower(text: str) -> str:
    return "".join(c.lower() if len(c.lower()) == 1 else "i" for c in text)


@LIBRARY.define("title", STRING)
def title(text: str) -> str:
    result, previous = [], " "
    for character in text:
        raised = character.title() if len(character.title()) == 1 else character
        result.append(raised if _is_separator(previous) else character)
        previous = character
    return "".join(result)


@LIBRARY.define("chomp", STRING)
def chomp(text: str) -> str:
    return _LINE_ENDS.sub("", text)


@LIBRARY.define("indent", NUMBER, STRING)
def indent(spaces: Number, text: str) -> str:
    """Indent every line but the first."""
    width = to_int(spaces, "the number of spaces")
    if width < 0:
        raise InvalidValueError("the number of spaces must not be negative")
    return text.replace("\n", "\n" + " " * width)


@LIBRARY.define("join", STRING, variadic=list_of(STRING))
def join(separator: str, *lists: List) -> str:
    if not lists:
        raise InvalidValueError("at least one list is required")
    items = [item for given in lists for item in given]
    if None in items:
        raise InvalidValueError("an element is null, and a string is required")
    return separator.join(cast("list[str]", items))


@LIBRARY.define("split", STRING, STRING)
def split(separator: str, text: str) -> List:
    return List(text.split(separator) if separator else list(text), STRING)


@LIBRARY.define("strrev", STRING)
def strrev(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(reversed(characters(text))))


@LIBRARY.define("substr", STRING, NUMBER, NUMBER)
def substr(text: str, offset: Number, length: Number) -> str:
    """Return a part; a negative offset counts from the end, a negative length means the rest."""
    start, count = to_int(offset, "the offset"), to_int(length, "the length")
    clusters = characters(text)
    if start < 0:
        # Terraform takes a length of 0 for "up to the end" here, and only here.
        count = count or -1
        start = max(start + len(clusters), 0)
    return "".join(clusters[start:] if count < 0 else clusters[start : start + count])


@LIBRARY.define("trimspace", STRING)
def trimspace(text: str) -> str:
    return text.strip(_SPACES)


@LIBRARY.define("templatestring", STRING, ANY, site=True)
def templatestring(site: CallSite, template: str, variables: Value) -> Value:
    """Render a template that is a value."""
    if not isinstance(variables, Mapping):
        raise InvalidValueError("the second argument must be a map or object of variables")
    return render(site, template, site.file, variables)


def characters(text: str) -> list[str]:
    """Split into grapheme clusters: Terraform counts them as characters.

    Raises UnsupportedError for scripts and emoji whose clusters Python cannot find.
    """
    for character in text:
        combining = unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf")
        if combining or _JOINED.match(character):
            raise UnsupportedError(f"text with combined characters ({character!r})")
    return _CHARACTER.findall(text)


def _is_separator(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return not character.isalnum() and character in _SPACES
