"""Files. Relative paths are relative to the folder of the configuration."""

from __future__ import annotations

import base64
import hashlib
import os
import posixpath
import re
from collections.abc import Iterator, Mapping
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

_IDENTIFIER = re.compile(r"[^\W\d][\w-]*")


@LIBRARY.define("abspath", STRING)
def abspath(path: str) -> str:
    """Relative to the working directory of the process, as Terraform has it."""
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
    return _text(_read(site, path), path)


@LIBRARY.define("fileexists", STRING, site=True)
def fileexists(site: CallSite, path: str) -> bool:
    found = _locate(site, path)
    if found.is_dir():
        raise InvalidValueError(f"{path} is a folder, not a file")
    return found.is_file()


@LIBRARY.define("filebase64", STRING, site=True)
def filebase64(site: CallSite, path: str) -> str:
    return base64.b64encode(_read(site, path)).decode()


def _define_digest(algorithm: str) -> None:
    @LIBRARY.define(f"file{algorithm}", STRING, site=True)
    def digest(site: CallSite, path: str) -> str:
        return hashlib.new(algorithm, _read(site, path)).hexdigest()


def _define_base64_digest(algorithm: str) -> None:
    @LIBRARY.define(f"filebase64{algorithm}", STRING, site=True)
    def digest(site: CallSite, path: str) -> str:
        return base64.b64encode(hashlib.new(algorithm, _read(site, path)).digest()).decode()


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _define_digest(_algorithm)
for _algorithm in ("sha256", "sha512"):
    _define_base64_digest(_algorithm)


@LIBRARY.define("fileset", STRING, STRING, site=True)
def fileset(site: CallSite, path: str, pattern: str) -> Set:
    """The files below ``path`` whose relative path matches; ``**`` crosses folders."""
    root = _locate(site, path)
    matcher = re.compile("|".join(_glob(choice) for choice in _alternatives(pattern)), re.DOTALL)
    found = [name for name in _walk(root) if matcher.fullmatch(name)]
    return Set(found, STRING)


@LIBRARY.define("templatefile", STRING, ANY, site=True)
def templatefile(site: CallSite, path: str, variables: Value) -> Value:
    if not isinstance(variables, Mapping):
        raise InvalidValueError("the second argument must be a map or object of variables")
    return render(site, _text(_read(site, path), path), _locate(site, path), variables)


def render(site: CallSite, template: str, file: Path, variables: Mapping[str, Value]) -> Value:
    """The value of a template that sees nothing but ``variables``."""
    for name in variables:
        if not _IDENTIFIER.fullmatch(name):
            raise InvalidValueError(f"{name!r} is not a name that a template variable can have")
    functions = {**site.scope.functions, "templatefile": _NESTED, "templatestring": _NESTED}
    scope = Scope(variables, functions, site.scope.directory)
    try:
        expression = parse_template_text(template, file)
    except ConfigurationError as error:
        raise InvalidValueError(error.message) from None
    return evaluate(expression, scope)


def _no_nesting(*arguments: Value) -> NoReturn:  # noqa: ARG001 - called with any arguments
    raise InvalidValueError("a template cannot render another template")


_NESTED = Function("template", _no_nesting, variadic=NULLABLE)


def _locate(site: CallSite, path: str) -> Path:
    return site.scope.directory / pathexpand(path)


def _read(site: CallSite, path: str) -> bytes:
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


def _walk(root: Path) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if path.is_file():
                yield path.relative_to(root).as_posix()


def _alternatives(pattern: str) -> list[str]:
    """``{a,b}`` written out."""
    match = re.search(r"(?<!\\)\{([^{}]*)\}", pattern)
    if match is None:
        return [pattern]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [c for choice in match[1].split(",") for c in _alternatives(before + choice + after)]


def _glob(pattern: str) -> str:
    output: list[str] = []
    position = 0
    while position < len(pattern):
        rest = pattern[position:]
        characters = re.match(r"\[(\^|!)?((?:\\.|[^\]\\])+)\]", rest)
        if rest.startswith("**/") and (not position or pattern[position - 1] == "/"):
            output.append("(?:[^/]+/)*")
            position += 3
        elif rest == "**" and (not position or pattern[position - 1] == "/"):
            output.append(".*")
            position += 2
        elif rest[0] == "*":
            output.append("[^/]*")
            position += 1
        elif rest[0] == "?":
            output.append("[^/]")
            position += 1
        elif characters:
            listed = characters[2].replace("[", r"\[").replace("&", r"\&").replace("~", r"\~")
            output.append(f"(?!/)[{'^' if characters[1] else ''}{listed}]")
            position += characters.end()
        elif rest[0] in "[{}":
            raise UnsupportedError(f"the pattern {pattern!r}")
        else:
            escaped = rest[0] == "\\" and len(rest) > 1
            output.append(re.escape(rest[1] if escaped else rest[0]))
            position += 2 if escaped else 1
    return "".join(output)
