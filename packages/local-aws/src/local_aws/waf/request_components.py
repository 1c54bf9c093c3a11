"""Request components: the parts of a web request that statements inspect.

Source: AWS WAF developer guide, "Request components in AWS WAF".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

MAX_BYTES = 8_192
"""Bytes of a body, of all headers or of all cookies that the WAF of a load balancer inspects."""

MAX_FIELDS = 200
"""Headers or cookies that it inspects."""

COUNTRY_HEADER = "x-local-aws-country"
"""Country of the client, for geo match statements: a loopback address has none."""

Address = IPv4Address | IPv6Address
Settings = Mapping[str, Any]
"""A structure of the API, as boto3 returns it."""


class UnsupportedError(Exception):
    """The package cannot evaluate what the message names; the web ACL skips the rule."""


class MissingHeaderError(Exception):
    """The header with the client's address is missing; AWS then does not apply the rule."""


@dataclass(frozen=True, slots=True)
class Component:
    """The values to inspect.

    ``forced_match`` is the result of the statement for oversize content or an invalid body, if the
    settings define one.
    """

    values: Sequence[bytes]
    forced_match: bool | None = None


@dataclass(slots=True)
class WebRequest:
    """A request under evaluation; matching rules add ``labels``.

    ``path`` and ``query`` are raw; header names are in lower case and may repeat.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: Address
    now: float
    labels: set[str] = field(default_factory=set)

    def header(self, name: str) -> Iterator[str]:
        return (value for key, value in self.headers if key == name)

    def cookies(self) -> Iterator[tuple[str, str]]:
        for line in self.header("cookie"):
            for pair in line.split(";"):
                name, _, value = pair.strip().partition("=")
                if name:
                    yield name, value

    def query_arguments(self) -> Iterator[tuple[str, str]]:
        """Yield query arguments, still encoded."""
        for pair in self.query.split("&"):
            if pair:
                name, _, value = pair.partition("=")
                yield name, value

    def forwarded_addresses(self, header: str) -> tuple[str, ...]:
        """Return the addresses in a header such as X-Forwarded-For as text, in order."""
        lines = ",".join(self.header(header.lower()))
        return tuple(part.strip() for part in lines.split(",") if part.strip())

    def country(self) -> str | None:
        return next((value.strip().upper() for value in self.header(COUNTRY_HEADER)), None)


Extract = Callable[[WebRequest], Component]


def to_bytes(text: str) -> bytes:
    """Return the bytes that the client sent; bytes that are not UTF-8 are lone surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # escapes of lone surrogates in a JSON body
        return text.encode("utf-8", "surrogatepass")


def parse_address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def only_member(choice: Settings) -> tuple[str, Settings]:
    """Return name and settings of the only member of a structure."""
    for kind, settings in choice.items():
        return kind, settings or {}
    raise UnsupportedError("a structure without members")


def extractor(selected: Settings) -> Extract:  # noqa: PLR0911 - one a component
    """Return a function for a ``FieldToMatch``. Raises UnsupportedError."""
    kind, settings = only_member(selected)
    match kind:
        case "SingleHeader":
            return _single_header(settings["Name"].lower())
        case "SingleQueryArgument":
            return _single_query_argument(settings["Name"].lower())
        case "AllQueryArguments":
            return lambda request: Component(
                [to_bytes(text) for pair in request.query_arguments() for text in pair]
            )
        case "UriPath":
            return lambda request: Component([to_bytes(request.path)])
        case "QueryString":
            return lambda request: Component([to_bytes(request.query)])
        case "Method":
            return lambda request: Component([to_bytes(request.method)])
        case "Body":
            return _body(settings)
        case "JsonBody":
            return _json_body(settings)
        case "Headers":
            return _fields(settings, "Headers", lambda request: request.headers)
        case "Cookies":
            return _fields(settings, "Cookies", lambda request: tuple(request.cookies()))
        case "HeaderOrder":
            return lambda request: Component(
                [to_bytes(":".join(name for name, _ in request.headers))]
            )
    raise UnsupportedError(f"the request component {kind}")


def _single_header(name: str) -> Extract:
    def extract(request: WebRequest) -> Component:
        values = list(request.header(name))
        return Component([to_bytes(",".join(values))] if values else [])

    return extract


def _single_query_argument(name: str) -> Extract:
    return lambda request: Component(
        [to_bytes(value) for key, value in request.query_arguments() if key.lower() == name]
    )


def _body(settings: Settings) -> Extract:
    oversize = _oversize_match(settings)
    return lambda request: Component(
        [request.body[:MAX_BYTES]], oversize if len(request.body) > MAX_BYTES else None
    )


def _oversize_match(settings: Settings) -> bool | None:
    """Return the result for oversize content, or None to inspect what fits."""
    return {"MATCH": True, "NO_MATCH": False}.get(settings.get("OversizeHandling") or "CONTINUE")


def _fields(
    settings: Settings, kind: str, pairs: Callable[[WebRequest], Sequence[tuple[str, str]]]
) -> Extract:
    pattern = settings["MatchPattern"]
    included = {name.lower() for name in pattern.get(f"Included{kind}") or ()}
    excluded = {name.lower() for name in pattern.get(f"Excluded{kind}") or ()}
    scope = settings["MatchScope"]
    oversize = _oversize_match(settings)

    def extract(request: WebRequest) -> Component:
        values: list[bytes] = []
        size = 0
        for index, (name, value) in enumerate(pairs(request)):
            size += len(name) + len(value)
            if index >= MAX_FIELDS or size > MAX_BYTES:
                return Component(values, oversize)
            if (included and name.lower() not in included) or name.lower() in excluded:
                continue
            values += [to_bytes(name)] if scope in {"KEY", "ALL"} else []
            values += [to_bytes(value)] if scope in {"VALUE", "ALL"} else []
        return Component(values)

    return extract


def _json_body(settings: Settings) -> Extract:
    if "IncludedPaths" in settings["MatchPattern"]:
        raise UnsupportedError("JSON pointers of a body")
    scope = settings["MatchScope"]
    fallback = settings.get("InvalidFallbackBehavior") or "EVALUATE_AS_STRING"
    oversize = _oversize_match(settings)

    def extract(request: WebRequest) -> Component:
        if len(request.body) > MAX_BYTES:
            return Component([request.body[:MAX_BYTES]], oversize)
        try:
            document = json.loads(request.body)
        except (ValueError, RecursionError):
            forced = {"MATCH": True, "NO_MATCH": False}.get(fallback)
            return Component([request.body], forced)
        return Component([to_bytes(text) for text in _texts(document, scope)])

    return extract


def _texts(value: Any, scope: str) -> Iterator[str]:
    """Yield keys, values or both of a JSON document; numbers and the like as in JSON."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            if scope in {"KEY", "ALL"}:
                yield from current
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current
        elif scope in {"VALUE", "ALL"}:
            yield current if isinstance(current, str) else json.dumps(current)
