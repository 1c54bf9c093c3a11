"""The head of an HTTP/1.1 request.

The parser refuses every head that two servers may read differently, and passes everything else on
as it was sent, as an ALB does. Sources: RFC 9112; desync.py for suspicious requests.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import NamedTuple

from local_aws.load_balancer import desync
from local_aws.load_balancer.desync import ClassificationReason

LINE_BYTES = 16_384
HEAD_BYTES = 65_536
"""Source: Application Load Balancers guide, HTTP 400."""

_CACHED_BYTES = 2_048
"""Larger heads are not cached."""

Headers = list[tuple[str, str]]
Reasons = list[ClassificationReason]

_PRINTABLE = bytes(range(0x20, 0x7F))
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NOT_A_METHOD = re.compile(
    rb"(?!\r\Z)(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]*[^!#$%&'*+\-.^_`|~0-9A-Za-z ]| )"
)
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]")
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING_HEADERS = {"transferencoding": "transfer-encoding", "contentlength": "content-length"}


class RequestHead(NamedTuple):
    """A request line and its headers.

    ``target`` is raw. Header names are in lower case; values have no blanks around them. ``length``
    is the length of the body in bytes, None for chunks. ``classification_reason`` says why the
    request is not compliant.
    """

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    length: int | None
    keep_alive: bool
    expects_continue: bool
    classification_reason: ClassificationReason | None


class RefusedError(Exception):
    """The bytes are not a valid request; the client gets ``status`` and the connection closes."""

    def __init__(self, status: int, reason: ClassificationReason | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.classification_reason = reason


def parse_head(block: bytes) -> RequestHead:
    """Parse everything before the empty line. Raises RefusedError.

    Bytes that are not UTF-8 are kept as lone surrogates (``surrogateescape``).
    """
    return _parse_cached(block) if len(block) <= _CACHED_BYTES else _parse(block)


def _parse(block: bytes) -> RequestHead:
    if len(block) > LINE_BYTES:
        _check_sizes(block)
    request_line, *lines = block.decode("utf-8", "surrogateescape").split("\r\n")
    reasons: Reasons = []
    if block.translate(None, _PRINTABLE) != b"\r\n" * len(lines):
        _check_characters(request_line, lines, reasons)
    method, target, version = _parse_request_line(request_line, reasons)
    headers: Headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        headers.append((_parse_name(name, colon, reasons), value.strip(" \t")))
    fields = dict(headers)
    if len(fields) < len(headers):
        fields = _join_repeated(headers)
    if "host" not in fields and version != "HTTP/1.0":
        raise RefusedError(400)
    length: int | None = 0
    if "content-length" in fields or "transfer-encoding" in fields:
        length = _body_length(method, version, headers, reasons)
        if length is None:
            headers = [pair for pair in headers if pair[0] != "content-length"]
    if "://" in target:
        headers = _with_target_host(target, headers)
    return RequestHead(
        method,
        target,
        version,
        tuple(headers),
        length,
        _keep_alive(version, fields.get("connection")),
        version != "HTTP/1.0" and fields.get("expect", "").lower() == "100-continue",
        desync.most_dangerous(reasons),
    )


_parse_cached = lru_cache(maxsize=256)(_parse)
"""Clients repeat requests. See REPEATED_REQUESTS in request_handler."""


def check_partial_head(block: bytes) -> None:
    """Refuse an incomplete head that cannot become a valid one. Raises RefusedError."""
    line_end = block.find(b"\r\n")
    if line_end > LINE_BYTES or (line_end < 0 and len(block) > LINE_BYTES):
        raise RefusedError(_too_long_status(block))
    if len(block) > HEAD_BYTES:
        raise RefusedError(400)
    if b"\n" in block and block.count(b"\n") != block.count(b"\r\n"):
        raise RefusedError(400, ClassificationReason.BAD_HEADER)  # a line ends without CR
    if _NOT_A_METHOD.match(block):
        # Mostly TLS on a plain port. The client waits for a reply and sends no line end.
        raise RefusedError(400, ClassificationReason.BAD_METHOD)


def _check_sizes(block: bytes) -> None:
    first, *lines = block.split(b"\r\n")
    if len(first) > LINE_BYTES:
        raise RefusedError(_too_long_status(first))
    if len(block) > HEAD_BYTES or any(len(line) > LINE_BYTES for line in lines):
        raise RefusedError(400)


def _too_long_status(line: bytes) -> int:
    """Return 414 if the target is too long, 400 if the method is."""
    return 414 if b" " in line[:LINE_BYTES] else 400


def _check_characters(request_line: str, lines: list[str], reasons: Reasons) -> None:
    """Check a head with characters other than printable ASCII."""
    if _has_line_break(request_line):
        raise RefusedError(400, ClassificationReason.BAD_URI)
    if _CONTROL.search(request_line) or "\t" in request_line:
        reasons.append(ClassificationReason.AMBIGUOUS_URI)
    for line in lines:
        if _has_line_break(line):
            raise RefusedError(400, ClassificationReason.BAD_HEADER)
        if _CONTROL.search(line) or not line.isascii():
            reasons.append(ClassificationReason.NON_COMPLIANT_HEADER)


def _has_line_break(line: str) -> bool:
    return "\r" in line or "\n" in line or "\0" in line


def _parse_request_line(line: str, reasons: Reasons) -> tuple[str, str, str]:
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    if _TOKEN.fullmatch(method) is None:
        raise RefusedError(400, ClassificationReason.BAD_METHOD)
    if version not in {"HTTP/1.1", "HTTP/1.0"}:
        if re.fullmatch(r"HTTP/1\.[2-9]", version) is None:
            raise RefusedError(400, ClassificationReason.BAD_VERSION)
        reasons.append(ClassificationReason.NON_COMPLIANT_VERSION)
    if " " in target:
        reasons.append(ClassificationReason.SPACE_IN_URI)
    # CONNECT asks for a tunnel, which a load balancer does not offer.
    if method == "CONNECT" or not (target.startswith("/") or _is_other_form(method, target)):
        raise RefusedError(400, ClassificationReason.BAD_URI)
    return method, target, version


def _is_other_form(method: str, target: str) -> bool:
    if target == "*":
        return method == "OPTIONS"
    return target.lower().startswith(("http://", "https://")) and _target_host(target) != ""


def _target_host(target: str) -> str:
    return re.split(r"[/?#]", target.partition("://")[2], maxsplit=1)[0]


def _with_target_host(target: str, headers: Headers) -> Headers:
    """The host of an absolute target replaces the Host header (RFC 9112, section 3.2.2)."""
    if target.startswith("/"):
        return headers
    others = [pair for pair in headers if pair[0] != "host"]
    return [("host", _target_host(target)), *others]


def _parse_name(name: str, colon: str, reasons: Reasons) -> str:
    """Return the name in lower case."""
    if not colon or " " in name or "\t" in name:
        # Not a header, a folded one, or blanks in the name.
        raise RefusedError(400, ClassificationReason.BAD_HEADER)
    if not name:
        reasons.append(ClassificationReason.EMPTY_HEADER)
    if _TOKEN.fullmatch(name) is None:
        reasons.append(ClassificationReason.NON_COMPLIANT_HEADER)
    lower = name.translate(_ASCII_LOWER)
    # Upper case first: some letters beyond ASCII have an S or an I as their upper case.
    letters = _NOT_ALPHANUMERIC.sub("", name.upper().lower())
    framing = _FRAMING_HEADERS.get(letters)
    if framing is not None and lower != framing:
        reasons.append(ClassificationReason.SUSPICIOUS_HEADER)
    return lower


def _join_repeated(headers: Headers) -> dict[str, str]:
    """Join the values of repeated headers with commas (RFC 9110, section 5.2)."""
    fields: dict[str, str] = {}
    for name, value in headers:
        if name == "host" and name in fields:
            raise RefusedError(400, ClassificationReason.BAD_HEADER)
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _body_length(method: str, version: str, headers: Headers, reasons: Reasons) -> int | None:
    """Return the length of the body in bytes, None for chunks."""
    lengths = [value for name, value in headers if name == "content-length"]
    length = _content_length(lengths)
    codings = [
        coding.strip(" \t").lower()
        for name, value in headers
        if name == "transfer-encoding"
        for coding in value.split(",")
    ]
    if len(lengths) > 1:
        reasons.append(ClassificationReason.DUPLICATE_CONTENT_LENGTH)
    chunked = _is_chunked(codings)
    if codings and length is not None:
        reasons.append(ClassificationReason.BOTH_TE_CL_PRESENT)
    has_no_body = method in {"GET", "HEAD"}
    if codings and (has_no_body or version == "HTTP/1.0"):
        reasons.append(ClassificationReason.UNDEFINED_TRANSFER_ENCODING_SEMANTICS)
    if length is not None and has_no_body:
        reasons.append(
            ClassificationReason.UNDEFINED_CONTENT_LENGTH_SEMANTICS
            if length
            else ClassificationReason.GET_HEAD_ZERO_CONTENT_LENGTH
        )
    return None if chunked else length or 0


def _content_length(values: list[str]) -> int | None:
    for value in values:
        # Servers with 64 bits for a length overflow at more than 19 digits.
        if not (value.isascii() and value.isdigit()) or len(value.lstrip("0")) > 19:
            raise RefusedError(400, ClassificationReason.BAD_CONTENT_LENGTH)
    numbers = {int(value.lstrip("0") or "0") for value in values}
    if len(numbers) > 1:
        raise RefusedError(400, ClassificationReason.MULTIPLE_CONTENT_LENGTH)
    return numbers.pop() if numbers else None


def _is_chunked(codings: list[str]) -> bool:
    if any(_TOKEN.fullmatch(coding) is None for coding in codings):
        raise RefusedError(400, ClassificationReason.BAD_TRANSFER_ENCODING)
    if not {*codings} <= {"chunked", "identity"}:
        raise RefusedError(501, ClassificationReason.BAD_TRANSFER_ENCODING)
    if codings.count("chunked") > 1:
        raise RefusedError(400, ClassificationReason.MULTIPLE_TRANSFER_ENCODING_CHUNKED)
    if "chunked" in codings[:-1]:
        # The last coding hides the end of the body.
        raise RefusedError(400, ClassificationReason.BAD_TRANSFER_ENCODING)
    return "chunked" in codings


def _keep_alive(version: str, connection: str | None) -> bool:
    if connection is None:
        return version != "HTTP/1.0"
    options = {option.strip(" \t").lower() for option in connection.split(",")}
    return "close" not in options and (version != "HTTP/1.0" or "keep-alive" in options)
