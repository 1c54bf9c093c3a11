"""Text transformations of a request component before it is inspected.

Source: AWS WAF developer guide, "Text transformations in AWS WAF". Those that decode escapes of
CSS, JavaScript or SQL are unsupported.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from local_aws.waf.request_components import UnsupportedError

Transformation = Callable[[bytes], bytes]

_SPACE = re.compile(rb"[ \t\n\r\f\v\xa0]+")
_HEX_PAIR = re.compile(rb"(?:0x|\\x)?([0-9a-fA-F]{2})")
_COMMENT = re.compile(rb"/\*.*?(?:\*/|$)", re.DOTALL)
_UNICODE = re.compile(rb"%u([0-9a-fA-F]{4})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def _base64(value: bytes) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value


def _base64_forgiving(value: bytes) -> bytes:
    kept = _NOT_BASE64.sub(b"", value)
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    try:
        return base64.b64decode(kept + b"=" * (-len(kept) % 4))
    except (binascii.Error, ValueError):
        return value


def _hex(value: bytes) -> bytes:
    return bytes(int(pair, 16) for pair in _HEX_PAIR.findall(value)) or value


def _html(value: bytes) -> bytes:
    return html.unescape(value.decode("utf-8", "surrogateescape")).encode(
        "utf-8", "surrogateescape"
    )


def _url(value: bytes) -> bytes:
    return unquote_to_bytes(value.replace(b"+", b" "))


def _url_unicode(value: bytes) -> bytes:
    return _url(_UNICODE.sub(lambda found: bytes([int(found[1], 16) & 0xFF]), value))


def _path(value: bytes) -> bytes:
    if not value:
        return value
    normal = posixpath.normpath(value).lstrip(b"/") if value != b"/" else b""
    lead = b"/" if value.startswith(b"/") else b""
    trail = b"/" if value.endswith(b"/") and normal else b""
    return lead + normal + trail


def _command_line(value: bytes) -> bytes:
    value = re.sub(rb"[\\\"'^]", b"", value)
    value = re.sub(rb"[,;]", b" ", value)
    value = _SPACE.sub(b" ", value)
    return re.sub(rb" +([/(])", rb"\1", value).lower()


_TRANSFORMATIONS: dict[str, Transformation] = {
    "NONE": lambda value: value,
    "BASE64_DECODE": _base64,
    "BASE64_DECODE_EXT": _base64_forgiving,
    "CMD_LINE": _command_line,
    "COMPRESS_WHITE_SPACE": lambda value: _SPACE.sub(b" ", value),
    "HEX_DECODE": _hex,
    "HTML_ENTITY_DECODE": _html,
    "LOWERCASE": bytes.lower,
    "MD5": lambda value: hashlib.md5(value, usedforsecurity=False).digest(),
    "NORMALIZE_PATH": _path,
    "NORMALIZE_PATH_WIN": lambda value: _path(value.replace(b"\\", b"/")),
    "REMOVE_NULLS": lambda value: value.replace(b"\0", b""),
    "REMOVE_WHITESPACE": lambda value: _SPACE.sub(b"", value),
    "REPLACE_COMMENTS": lambda value: _COMMENT.sub(b" ", value),
    "REPLACE_NULLS": lambda value: value.replace(b"\0", b" "),
    "SHA256": lambda value: hashlib.sha256(value).digest(),
    "TRIM": bytes.strip,
    "TRIM_LEFT": bytes.lstrip,
    "TRIM_RIGHT": bytes.rstrip,
    "UPPERCASE": bytes.upper,
    "URL_DECODE": _url,
    "URL_DECODE_UNI": _url_unicode,
}


def text_transformation(settings: Sequence[Mapping[str, Any]]) -> Transformation:
    """Return the transformations of a statement, by priority, as one. Raises UnsupportedError."""
    steps: list[Transformation] = []
    for each in sorted(settings, key=lambda each: int(each["Priority"])):
        transformation = _TRANSFORMATIONS.get(each["Type"])
        if transformation is None:
            raise UnsupportedError(f"the text transformation {each['Type']}")
        if each["Type"] != "NONE":
            steps.append(transformation)

    def run(value: bytes) -> bytes:
        for step in steps:
            value = step(value)
        return value

    return run
