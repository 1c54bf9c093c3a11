"""Strings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import cast

from terragrunt_runner.functions.characters import SPACES, characters, lower, title, upper
from terragrunt_runner.functions.filesystem import render
from terragrunt_runner.functions.numeric import whole
from terragrunt_runner.language.numbers import Number
from terragrunt_runner.language.scope import ANY, CallSite, Library
from terragrunt_runner.language.types import NUMBER, STRING, list_of
from terragrunt_runner.language.values import InvalidValueError, List, Value

LIBRARY = Library()

LIBRARY.define("lower", STRING)(lower)
LIBRARY.define("upper", STRING)(upper)
LIBRARY.define("title", STRING)(title)

_LINE_ENDS = re.compile(r"(?:\r\n?|\n)*\Z")


@LIBRARY.define("chomp", STRING)
def chomp(text: str) -> str:
    return _LINE_ENDS.sub("", text)


@LIBRARY.define("startswith", STRING, STRING)
def startswith(text: str, prefix: str) -> bool:
    return text.startswith(prefix)


@LIBRARY.define("endswith", STRING, STRING)
def endswith(text: str, suffix: str) -> bool:
    return text.endswith(suffix)


@LIBRARY.define("strcontains", STRING, STRING)
def strcontains(text: str, part: str) -> bool:
    return part in text


@LIBRARY.define("indent", NUMBER, STRING)
def indent(spaces: Number, text: str) -> str:
    """Indents every line but the first."""
    width = whole(spaces, "the number of spaces")
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
    """A negative offset counts from the end; a negative length is up to the end."""
    start, count = whole(offset, "the offset"), whole(length, "the length")
    clusters = characters(text)
    if start < 0:
        # Terraform takes length 0 for "up to the end" here, and only here.
        count = count or -1
        start = max(start + len(clusters), 0)
    return "".join(clusters[start:] if count < 0 else clusters[start : start + count])


@LIBRARY.define("trim", STRING, STRING)
def trim(text: str, cutset: str) -> str:
    return text.strip(cutset) if cutset else text


@LIBRARY.define("trimprefix", STRING, STRING)
def trimprefix(text: str, prefix: str) -> str:
    return text.removeprefix(prefix)


@LIBRARY.define("trimsuffix", STRING, STRING)
def trimsuffix(text: str, suffix: str) -> str:
    return text.removesuffix(suffix)


@LIBRARY.define("trimspace", STRING)
def trimspace(text: str) -> str:
    return text.strip(SPACES)


@LIBRARY.define("templatestring", STRING, ANY, site=True)
def templatestring(site: CallSite, template: str, variables: Value) -> Value:
    """Renders a template that is itself a value."""
    if not isinstance(variables, Mapping):
        raise InvalidValueError("the second argument must be a map or object of variables")
    return render(site, template, site.file, variables)
