"""Functions for files. Relative paths are relative to the folder of the configuration."""

from __future__ import annotations

import base64
import os
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.parser import parse_template_text
from terragrunt_runner.language.scope import ANY, NULLABLE, CallSite, Function, Library, Scope
from terragrunt_runner.language.serialise import clean_text
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import InvalidValueError, Set, UnsupportedError, Value

LIBRARY = Library()

# "**" stands for folders only at the start of a path or after a slash.
_GLOB_TOKEN = re.compile(
    r"(?P<folders>(?<![^/])\*\*/)|(?P<all>(?<![^/])\*\*$)|(?P<star>\*)|(?P<one>\?)"
    r"|\[(?P<negated>[\^!]?)(?P<listed>(?:\\.|[^\]\\])+)\]|\\?(?P<literal>.)",
    re.DOTALL,
)
_WILDCARDS = {"folders": "(?:[^/]+/)*", "all": ".*", "star": "[^/]*", "one": "[^/]"}
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*")


@LIBRARY.define("abspath", STRING)
def abspath(path: str) -> str:
    """Make a path absolute, relative to the working directory of the process."""
    return _clean(posixpath.join(Path.cwd().as_posix(), path))


@LIBRARY.define("basename", STRING)
def basename(path: str) -> str:
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"


@LIBRARY.define("dirname", STRING)
def dirname(path: str) -> str:
    head = path[: path.rfind("/") + 1]
    return _clean(head) if head else "."


@LIBRARY.define("pathexpand", STRING)
def pathexpand(path: str) -> str:
    if not path.startswith("~"):
        return path
    if path[1:2] not in ("", "/"):
        raise InvalidValueError("the home folder of another user cannot be expanded")
    return _clean(f"{Path.home().as_posix()}/{path[2:]}")


@LIBRARY.define("file", STRING, site=True)
def file(site: CallSite, path: str) -> str:
    return _text(read_bytes(site, path), path)


@LIBRARY.define("fileexists", STRING, site=True)
def fileexists(site: CallSite, path: str) -> bool:
    found = _locate(site, path)
    if found.is_dir():
        raise InvalidValueError(f"{path} is a folder, not a file")
    return found.is_file()


@LIBRARY.define("filebase64", STRING, site=True)
def filebase64(site: CallSite, path: str) -> str:
    return base64.b64encode(read_bytes(site, path)).decode()


@LIBRARY.define("fileset", STRING, STRING, site=True)
def fileset(site: CallSite, path: str, pattern: str) -> Set:
    """Return the relative paths of files below ``path`` that match; ``**`` matches folders too."""
    root = _locate(site, path)
    choices = (_GLOB_TOKEN.sub(_glob_token, choice) for choice in _alternatives(pattern))
    matcher = re.compile("|".join(choices), re.DOTALL)
    files = (Path(folder, name) for folder, _, names in os.walk(root) for name in names)
    paths = (file.relative_to(root).as_posix() for file in files if file.is_file())
    return Set((path for path in paths if matcher.fullmatch(path)), STRING)


@LIBRARY.define("templatefile", STRING, ANY, site=True)
def templatefile(site: CallSite, path: str, variables: Value) -> Value:
    if not isinstance(variables, Mapping):
        raise InvalidValueError("the second argument must be a map or object of variables")
    return render(site, _text(read_bytes(site, path), path), _locate(site, path), variables)


def render(site: CallSite, template: str, file: Path, variables: Mapping[str, Value]) -> Value:
    """Return the value of a template that can use only ``variables``."""
    for name in variables:
        if not _IDENTIFIER.fullmatch(name):
            raise InvalidValueError(f"{name!r} is not a valid name for a template variable")
    functions = {**site.scope.functions, "templatefile": _NESTED, "templatestring": _NESTED}
    scope = Scope(variables, functions, site.scope.directory)
    try:
        expression = parse_template_text(template, file)
    except ConfigurationError as error:
        raise InvalidValueError(error.message) from None
    return evaluate(expression, scope)


def _no_nesting(*arguments: Value) -> NoReturn:  # noqa: ARG001 - any arguments are refused
    raise InvalidValueError("a template cannot render another template")


_NESTED = Function(_no_nesting, variadic=NULLABLE)


def _locate(site: CallSite, path: str) -> Path:
    return site.scope.directory / pathexpand(path)


def read_bytes(site: CallSite, path: str) -> bytes:
    try:
        return _locate(site, path).read_bytes()
    except FileNotFoundError:
        raise InvalidValueError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidValueError(f"cannot read {path}: {reason}") from None


def _text(content: bytes, path: str) -> str:
    try:
        return clean_text(content.decode())
    except UnicodeDecodeError:
        raise InvalidValueError(f"{path} is not UTF-8 text; filebase64 reads any file") from None


def _clean(path: str) -> str:
    normal = posixpath.normpath(path)
    return normal[1:] if normal.startswith("//") else normal


def _alternatives(pattern: str) -> list[str]:
    """Return one pattern for each choice in ``{a,b}``."""
    match = re.search(r"(?<!\\)\{([^{}]*)\}", pattern)
    if match is None:
        return [pattern]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [c for choice in match[1].split(",") for c in _alternatives(before + choice + after)]


def _glob_token(token: re.Match[str]) -> str:
    if token.lastgroup in _WILDCARDS:
        return _WILDCARDS[token.lastgroup]
    if token.lastgroup == "listed":
        listed = token["listed"].replace("[", r"\[").replace("&", r"\&").replace("~", r"\~")
        return f"(?!/)[{'^' if token['negated'] else ''}{listed}]"
    if token.group() in ("[", "{", "}"):
        raise UnsupportedError(f"the pattern {token.string!r}")
    return re.escape(token["literal"])
