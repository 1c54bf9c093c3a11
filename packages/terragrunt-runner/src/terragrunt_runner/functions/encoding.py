"""Encodings: Base64, JSON, CSV and URLs."""

from __future__ import annotations

import base64
import binascii
from typing import NoReturn
from urllib.parse import quote_plus

from terragrunt_runner.language.scope import NULLABLE, Library
from terragrunt_runner.language.serialise import clean_text, from_json, to_json
from terragrunt_runner.language.types import STRING, ObjectType
from terragrunt_runner.language.values import InvalidValueError, List, UnsupportedError, Value

LIBRARY = Library()

# Names of https://www.iana.org/assignments/character-sets that mean the same to Go and to Python.
_CODECS = {
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "iso-8859-1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
}


@LIBRARY.define("base64encode", STRING)
def base64encode(content: str) -> str:
    return base64.b64encode(content.encode()).decode()


@LIBRARY.define("base64decode", STRING)
def base64decode(encoded: str) -> str:
    try:
        return clean_text(_decode(encoded).decode())
    except UnicodeDecodeError:
        raise InvalidValueError("the decoded bytes are not UTF-8 text") from None


@LIBRARY.define("base64gzip", STRING)
def base64gzip(content: str) -> NoReturn:  # noqa: ARG001 - the signature is what callers see
    raise UnsupportedError("its bytes depend on Go's compressor")


@LIBRARY.define("textencodebase64", STRING, STRING)
def textencodebase64(content: str, encoding: str) -> str:
    try:
        return base64.b64encode(content.encode(_codec(encoding))).decode()
    except UnicodeEncodeError:
        raise InvalidValueError(f"the text has characters that {encoding} does not have") from None


@LIBRARY.define("textdecodebase64", STRING, STRING)
def textdecodebase64(encoded: str, encoding: str) -> str:
    try:
        return clean_text(_decode(encoded).decode(_codec(encoding)))
    except UnicodeDecodeError:
        raise InvalidValueError(f"the decoded bytes are not {encoding} text") from None


@LIBRARY.define("urlencode", STRING)
def urlencode(content: str) -> str:
    return quote_plus(content, safe="~")


LIBRARY.define("jsonencode", NULLABLE)(to_json)
LIBRARY.define("jsondecode", STRING)(from_json)


@LIBRARY.define("csvdecode", STRING)
def csvdecode(content: str) -> Value:
    """One object for each row after the header; every value is a string."""
    rows = _csv(content.replace("\r\n", "\n"))
    if not rows:
        raise InvalidValueError("a header row is required")
    header, *records = rows
    if len(set(header)) < len(header):
        raise InvalidValueError("two columns have the same name")
    for record in records:
        if len(record) != len(header):
            raise InvalidValueError(
                f"a row has {len(record)} field(s) where the header has {len(header)}"
            )
    kind = ObjectType(tuple((name, STRING) for name in sorted(header)))
    return List([dict(zip(header, record, strict=True)) for record in records], kind)


def _csv(content: str) -> list[list[str]]:
    """Rows of RFC 4180. Empty lines are skipped; quotes are strict."""
    rows: list[list[str]] = []
    row: list[str] = []
    position, end = 0, len(content)
    while position < end:
        if not row and content[position] == "\n":
            position += 1
            continue
        field, position = _csv_field(content, position)
        row.append(field)
        if position < end and content[position] == ",":
            position += 1
            if position < end:
                continue
            row.append("")
        position += 1
        rows.append(row)
        row = []
    return rows


def _csv_field(content: str, start: int) -> tuple[str, int]:
    """The field that begins at ``start``, and the offset after it."""
    if content[start] != '"':
        stops = [i for i in (content.find(",", start), content.find("\n", start)) if i >= 0]
        stop = min(stops, default=len(content))
        if '"' in content[start:stop]:
            raise InvalidValueError("a quote inside a field that is not quoted")
        return content[start:stop], stop
    pieces: list[str] = []
    position = start + 1
    while True:
        quote = content.find('"', position)
        if quote < 0:
            raise InvalidValueError("a quoted field without its closing quote")
        pieces.append(content[position:quote])
        following = content[quote + 1 : quote + 2]
        if following == '"':
            pieces.append('"')
            position = quote + 2
        elif following in ("", ",", "\n"):
            return "".join(pieces), quote + 1
        else:
            raise InvalidValueError("text after the closing quote of a field")


def _decode(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValueError("the string is not Base64") from None


def _codec(name: str) -> str:
    codec = _CODECS.get(name.lower())
    if codec is None:
        raise UnsupportedError(f"the encoding {name!r}")
    return codec
