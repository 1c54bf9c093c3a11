"""Functions for Base64, JSON, CSV and URLs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import quote_plus

from terragrunt_runner.language.scope import NULLABLE, Library
from terragrunt_runner.language.serialise import clean_text, from_json, to_json
from terragrunt_runner.language.types import STRING, ObjectType
from terragrunt_runner.language.values import InvalidValueError, List, UnsupportedError, Value

LIBRARY = Library()

_CSV_FIELD = re.compile(r'"((?:[^"]|"")*)"(?=[,\n]|\Z)|([^",\n]*)(?=[,\n]|\Z)')
# Names from https://www.iana.org/assignments/character-sets that mean the same to Go and Python.
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
        return clean_text(_decode_base64(encoded).decode())
    except UnicodeDecodeError:
        raise InvalidValueError("the decoded bytes are not UTF-8 text") from None


@LIBRARY.define("base64gzip", STRING)
def base64gzip(content: str) -> NoReturn:  # noqa: ARG001 - any argument is refused
    raise UnsupportedError("its bytes depend on Go's compressor")


@LIBRARY.define("textencodebase64", STRING, STRING)
def textencodebase64(content: str, encoding: str) -> str:
    try:
        return base64.b64encode(content.encode(_python_codec(encoding))).decode()
    except UnicodeEncodeError:
        raise InvalidValueError(f"the text has characters that {encoding} does not have") from None


@LIBRARY.define("textdecodebase64", STRING, STRING)
def textdecodebase64(encoded: str, encoding: str) -> str:
    try:
        return clean_text(_decode_base64(encoded).decode(_python_codec(encoding)))
    except UnicodeDecodeError:
        raise InvalidValueError(f"the decoded bytes are not {encoding} text") from None


@LIBRARY.define("urlencode", STRING)
def urlencode(content: str) -> str:
    return quote_plus(content, safe="~")


LIBRARY.define("jsonencode", NULLABLE)(to_json)
LIBRARY.define("jsondecode", STRING)(from_json)


@LIBRARY.define("csvdecode", STRING)
def csvdecode(content: str) -> Value:
    """Return an object for each row after the header; every value is a string."""
    header, *records = list(_csv_rows(content.replace("\r\n", "\n"))) or [[]]
    if not header:
        raise InvalidValueError("a header row is required")
    if len(set(header)) < len(header):
        raise InvalidValueError("two columns have the same name")
    for record in records:
        if len(record) != len(header):
            raise InvalidValueError(
                f"a row has {len(record)} field(s) where the header has {len(header)}"
            )
    row_type = ObjectType(tuple((name, STRING) for name in sorted(header)))
    return List([dict(zip(header, record, strict=True)) for record in records], row_type)


def _csv_rows(content: str) -> Iterator[list[str]]:
    """Yield the rows of RFC 4180. Blank lines are skipped, quotes are checked strictly."""
    position = 0
    while position < len(content):
        if content[position] == "\n":
            position += 1
            continue
        row: list[str] = []
        separator = ","
        while separator == ",":
            field = _CSV_FIELD.match(content, position)
            if field is None:
                line = content.count("\n", 0, position) + 1
                raise InvalidValueError(f"line {line} has a misplaced or missing quote")
            row.append(field[2] if field[1] is None else field[1].replace('""', '"'))
            separator = content[field.end() : field.end() + 1]
            position = field.end() + 1
        yield row


def _decode_base64(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValueError("the string is not Base64") from None


def _python_codec(name: str) -> str:
    codec = _CODECS.get(name.lower())
    if codec is None:
        raise UnsupportedError(f"the encoding {name!r}")
    return codec
