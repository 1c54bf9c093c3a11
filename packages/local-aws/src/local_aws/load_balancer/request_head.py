"""The head of an HTTP/1.1 request: bytes in, fields or a refusal out.

Strict where two readers could differ about where a request ends, exact about everything else: what
an ALB passes on arrives as it was sent. Sources: RFC 9112; desync for what is merely suspicious.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from local_aws.load_balancer import desync
from local_aws.load_balancer.desync import Reason

LINE_BYTES = 16_384
HEAD_BYTES = 65_536
"""Source: Application Load Balancers guide, HTTP 400."""

USUAL_BYTES = 2_048
"""Of a head that is kept, and is then the same object when the same bytes come again."""

Pairs = tuple[tuple[str, str], ...]


class Head(NamedTuple):
    """``target`` is raw; header names are lower case, values without the blanks around them.

    ``length`` is that of the body in bytes, None when it comes in chunks. ``finding`` is what makes
    the request less than compliant.
    """

    method: str
    target: str
    version: str
    headers: Pairs
    length: int | None
    keep_alive: bool
    expects_continue: bool
    finding: Reason | None


class RefusedError(Exception):
    """The request cannot be read; ``status`` is the answer, after which the connection closes."""

    def __init__(self, status: int, finding: Reason | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.finding = finding


def parse_head(block: bytes) -> Head:
    """From everything before the empty line. Raises RefusedError.

    Bytes that are not UTF-8 are kept as lone surrogates (``surrogateescape``).
    """
    return _parse_usual(block) if len(block) <= USUAL_BYTES else _parse(block)


def _parse(block: bytes) -> Head:
    if len(block) > LINE_BYTES:
        _check_sizes(block)
    request_line, *lines = block.decode("utf-8", "surrogateescape").split("\r\n")
    findings: list[Reason] = []
    if block.translate(None, _PLAIN) != b"\r\n" * len(lines):
        _examine(request_line, lines, findings)
    method, target, version = _request_line(request_line, findings)
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        lower = _USUAL_NAMES.get(name)
        if lower is None or not colon:
            lower = _name(name, colon, findings)
        headers.append((lower, value.strip(" \t")))
    fields = dict(headers)
    if len(fields) < len(headers):
        fields = _joined(headers)
    if "host" not in fields and version != "HTTP/1.0":
        raise RefusedError(400)
    length: int | None = 0
    if "content-length" in fields or "transfer-encoding" in fields:
        length = _framing(method, version, headers, findings)
        if length is None:
            headers = [pair for pair in headers if pair[0] != "content-length"]
    if "://" in target:
        headers = _with_authority(target, headers)
    return Head(
        method,
        target,
        version,
        tuple(headers),
        length,
        _keep_alive(version, fields.get("connection")),
        version != "HTTP/1.0" and fields.get("expect", "").lower() == "100-continue",
        desync.worst(findings) if findings else None,
    )


_parse_usual = lru_cache(maxsize=256)(_parse)
"""Clients say the same again and again: most of all over one connection."""


def check_partial(block: bytes) -> None:
    """Refuse a head that has not come to its end and will never be one. Raises RefusedError."""
    line_end = block.find(b"\r\n")
    if line_end > LINE_BYTES or (line_end < 0 and len(block) > LINE_BYTES):
        raise RefusedError(_too_long(block))
    if len(block) > HEAD_BYTES:
        raise RefusedError(400)
    if b"\n" in block and block.count(b"\n") != block.count(b"\r\n"):
        raise RefusedError(400, Reason.BAD_HEADER)  # a line that ends without CR never will
    if _NO_METHOD.match(block):
        raise RefusedError(400, Reason.BAD_METHOD)  # TLS, most of all, whose client waits for us


_PLAIN = bytes(range(0x20, 0x7F))
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NO_METHOD = re.compile(rb"(?!\r\Z)(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]*[^!#$%&'*+\-.^_`|~0-9A-Za-z ]| )")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ESSENTIAL = {"transferencoding": "transfer-encoding", "contentlength": "content-length"}
_USUAL_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
_USUAL = """
Accept Accept-Encoding Accept-Language Authorization Cache-Control Connection
Content-Encoding Content-Length Content-Type Cookie Expect Host If-Modified-Since
If-None-Match Origin Pragma Range Referer Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site
Transfer-Encoding Upgrade Upgrade-Insecure-Requests User-Agent X-Amzn-Trace-Id
X-Forwarded-For X-Forwarded-Port X-Forwarded-Proto X-Requested-With
"""
_USUAL_NAMES = {spelt: name.lower() for name in _USUAL.split() for spelt in (name, name.lower())}


def _check_sizes(block: bytes) -> None:
    first, *lines = block.split(b"\r\n")
    if len(first) > LINE_BYTES:
        raise RefusedError(_too_long(first))
    if len(block) > HEAD_BYTES or any(len(line) > LINE_BYTES for line in lines):
        raise RefusedError(400)


def _too_long(line: bytes) -> int:
    """414 where it is the target that is too long, 400 where it is something before that."""
    return 414 if b" " in line[:LINE_BYTES] else 400


def _examine(request_line: str, lines: list[str], findings: list[Reason]) -> None:
    """What is in a head that has other bytes than printable ASCII between its line ends."""
    if _broken(request_line):
        raise RefusedError(400, Reason.BAD_URI)
    if _CONTROL.search(request_line) or "\t" in request_line:
        findings.append(Reason.AMBIGUOUS_URI)
    for line in lines:
        if _broken(line):
            raise RefusedError(400, Reason.BAD_HEADER)
        if _CONTROL.search(line) or not line.isascii():
            findings.append(Reason.NON_COMPLIANT_HEADER)


def _broken(line: str) -> bool:
    return "\r" in line or "\n" in line or "\0" in line


def _request_line(line: str, findings: list[Reason]) -> tuple[str, str, str]:
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    if method not in _USUAL_METHODS and _TOKEN.fullmatch(method) is None:
        raise RefusedError(400, Reason.BAD_METHOD)
    if version not in {"HTTP/1.1", "HTTP/1.0"}:
        if re.fullmatch(r"HTTP/1\.[2-9]", version) is None:
            raise RefusedError(400, Reason.BAD_VERSION)
        findings.append(Reason.NON_COMPLIANT_VERSION)
    if " " in target:
        findings.append(Reason.SPACE_IN_URI)
    # The method CONNECT asks for a tunnel; its target is no resource of ours.
    if method == "CONNECT" or not (target.startswith("/") or _has_other_form(method, target)):
        raise RefusedError(400, Reason.BAD_URI)
    return method, target, version


def _has_other_form(method: str, target: str) -> bool:
    if target == "*":
        return method == "OPTIONS"
    return target.lower().startswith(("http://", "https://")) and _authority(target) != ""


def _authority(target: str) -> str:
    return re.split(r"[/?#]", target.partition("://")[2], maxsplit=1)[0]


def _with_authority(target: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The host of a target that names one counts, whatever the header says (RFC 9112, 3.2.2)."""
    if target.startswith("/"):
        return headers
    others = [pair for pair in headers if pair[0] != "host"]
    return [("host", _authority(target)), *others]


def _name(name: str, colon: str, findings: list[Reason]) -> str:
    """The name of an unusual header, in lower case."""
    if not colon or " " in name or "\t" in name:
        raise RefusedError(400, Reason.BAD_HEADER)  # no header, a folded one, or blanks in a name
    if not name:
        findings.append(Reason.EMPTY_HEADER)
    lower = name.lower()
    if not lower.isascii():
        lower = "".join(_ascii_lower(character) for character in name)
    if _TOKEN.fullmatch(name) is None:
        findings.append(Reason.NON_COMPLIANT_HEADER)
    # Upper case first: there are letters beyond ASCII whose upper case is an S or an I.
    letters = re.sub(r"[^a-z0-9]", "", name.upper().lower())
    essential = _ESSENTIAL.get(letters)
    if essential is not None and lower != essential:
        findings.append(Reason.SUSPICIOUS_HEADER)
    return lower


def _ascii_lower(character: str) -> str:
    return character.lower() if character.isascii() else character


def _joined(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Values by name, those of a repeated header with commas between (RFC 9110, section 5.2)."""
    fields: dict[str, str] = {}
    for name, value in headers:
        if name == "host" and name in fields:
            raise RefusedError(400, Reason.BAD_HEADER)
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _framing(
    method: str, version: str, headers: list[tuple[str, str]], findings: list[Reason]
) -> int | None:
    """How long the body is, None for chunks."""
    lengths = [value for name, value in headers if name == "content-length"]
    length = _content_length(lengths)
    codings = [
        coding.strip(" \t").lower()
        for name, value in headers
        if name == "transfer-encoding"
        for coding in value.split(",")
    ]
    if len(lengths) > 1:
        findings.append(Reason.DUPLICATE_CONTENT_LENGTH)
    chunked = _is_chunked(codings)
    if codings and length is not None:
        findings.append(Reason.BOTH_TE_CL_PRESENT)
    bodiless = method in {"GET", "HEAD"}
    if codings and (bodiless or version == "HTTP/1.0"):
        findings.append(Reason.UNDEFINED_TRANSFER_ENCODING_SEMANTICS)
    if length is not None and bodiless:
        findings.append(
            Reason.UNDEFINED_CONTENT_LENGTH_SEMANTICS
            if length
            else Reason.GET_HEAD_ZERO_CONTENT_LENGTH
        )
    return None if chunked else length or 0


def _content_length(values: list[str]) -> int | None:
    for value in values:
        # A number beyond 64 bits is none that anybody could mean.
        if not (value.isascii() and value.isdigit()) or len(value.lstrip("0")) > 19:
            raise RefusedError(400, Reason.BAD_CONTENT_LENGTH)
    numbers = {int(value.lstrip("0") or "0") for value in values}
    if len(numbers) > 1:
        raise RefusedError(400, Reason.MULTIPLE_CONTENT_LENGTH)
    return numbers.pop() if numbers else None


def _is_chunked(codings: list[str]) -> bool:
    if any(_TOKEN.fullmatch(coding) is None for coding in codings):
        raise RefusedError(400, Reason.BAD_TRANSFER_ENCODING)
    if not {*codings} <= {"chunked", "identity"}:
        raise RefusedError(501, Reason.BAD_TRANSFER_ENCODING)
    if codings.count("chunked") > 1:
        raise RefusedError(400, Reason.MULTIPLE_TRANSFER_ENCODING_CHUNKED)
    if "chunked" in codings[:-1]:
        raise RefusedError(400, Reason.BAD_TRANSFER_ENCODING)  # no end to be seen
    return "chunked" in codings


def _keep_alive(version: str, connection: str | None) -> bool:
    if connection is None:
        return version != "HTTP/1.0"
    options = {option.strip(" \t").lower() for option in connection.split(",")}
    return "close" not in options and (version != "HTTP/1.0" or "keep-alive" in options)
