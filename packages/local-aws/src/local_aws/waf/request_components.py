"""The parts of a request that statements look at.

Source: AWS WAF developer guide, "Request components in AWS WAF". A part is bytes, as it was sent;
a request has none, one or several of a kind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

BODY_BYTES = 8_192
"""How much of a body, of all headers or of all cookies the WAF of a load balancer sees."""

MOST_FIELDS = 200
"""How many headers or cookies it sees."""

COUNTRY_HEADER = "x-local-aws-country"
"""Where a client of this machine says it is: on loopback an address tells nothing."""

Address = IPv4Address | IPv6Address
Settings = Mapping[str, Any]
"""A structure of the API, as boto3 gives it."""


class NotEvaluatedError(Exception):
    """This machine cannot decide what the text names; a rule that needs it is left out."""


class NotAppliedError(Exception):
    """The request lacks the header that holds its address: AWS leaves out the rule as a whole."""


@dataclass(frozen=True, slots=True)
class Parts:
    """``verdict`` says already whether the statement matches, for a request that holds more than
    is inspected, or a body that is not what the statement expects; ``values`` are what is seen."""

    values: Sequence[bytes]
    verdict: bool | None = None


@dataclass(slots=True)
class Inspection:
    """A request under inspection; ``labels`` grow as rules match.

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

    def arguments(self) -> Iterator[tuple[str, str]]:
        """Query arguments, still encoded."""
        for pair in self.query.split("&"):
            if pair:
                name, _, value = pair.partition("=")
                yield name, value

    def forwarded(self, header: str) -> tuple[str, ...]:
        """The addresses of a header such as X-Forwarded-For, as text, in order."""
        lines = ",".join(self.header(header.lower()))
        return tuple(part.strip() for part in lines.split(",") if part.strip())

    def country(self) -> str | None:
        return next((value.strip().upper() for value in self.header(COUNTRY_HEADER)), None)


Extract = Callable[[Inspection], Parts]


def to_bytes(text: str) -> bytes:
    """As the client sent it: what was not UTF-8 is kept as lone surrogates until here."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # lone surrogates that a JSON body spells out
        return text.encode("utf-8", "surrogatepass")


def address_of(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def only(choice: Settings) -> tuple[str, Settings]:
    """Name and settings of a structure in which the API sets exactly one member."""
    for kind, settings in choice.items():
        return kind, settings or {}
    raise NotEvaluatedError("a choice without any of its members")


def extractor(selected: Settings) -> Extract:  # noqa: PLR0911 - one a component
    """What a ``FieldToMatch`` selects. Raises NotEvaluatedError."""
    kind, settings = only(selected)
    match kind:
        case "SingleHeader":
            return _single_header(settings["Name"].lower())
        case "SingleQueryArgument":
            return _single_argument(settings["Name"].lower())
        case "AllQueryArguments":
            return lambda seen: Parts([to_bytes(v) for pair in seen.arguments() for v in pair])
        case "UriPath":
            return lambda seen: Parts([to_bytes(seen.path)])
        case "QueryString":
            return lambda seen: Parts([to_bytes(seen.query)])
        case "Method":
            return lambda seen: Parts([to_bytes(seen.method)])
        case "Body":
            return _body(settings)
        case "JsonBody":
            return _json_body(settings)
        case "Headers":
            return _fields(settings, "Headers", lambda seen: seen.headers)
        case "Cookies":
            return _fields(settings, "Cookies", lambda seen: tuple(seen.cookies()))
        case "HeaderOrder":
            return lambda seen: Parts([to_bytes(":".join(name for name, _ in seen.headers))])
    raise NotEvaluatedError(f"the request component {kind}")


def _single_header(name: str) -> Extract:
    def extract(seen: Inspection) -> Parts:
        values = list(seen.header(name))
        return Parts([to_bytes(",".join(values))] if values else [])

    return extract


def _single_argument(name: str) -> Extract:
    return lambda seen: Parts(
        [to_bytes(value) for key, value in seen.arguments() if key.lower() == name]
    )


def _body(settings: Settings) -> Extract:
    oversize = _oversize(settings)
    return lambda seen: Parts(
        [seen.body[:BODY_BYTES]], oversize if len(seen.body) > BODY_BYTES else None
    )


def _oversize(settings: Settings) -> bool | None:
    """What to do with more than is inspected: match, do not, or (None) inspect what fits."""
    return {"MATCH": True, "NO_MATCH": False}.get(settings.get("OversizeHandling") or "CONTINUE")


def _fields(
    settings: Settings, kind: str, pairs: Callable[[Inspection], Sequence[tuple[str, str]]]
) -> Extract:
    pattern = settings["MatchPattern"]
    included = {name.lower() for name in pattern.get(f"Included{kind}") or ()}
    excluded = {name.lower() for name in pattern.get(f"Excluded{kind}") or ()}
    scope = settings["MatchScope"]
    oversize = _oversize(settings)

    def extract(seen: Inspection) -> Parts:
        values: list[bytes] = []
        size = 0
        for index, (name, value) in enumerate(pairs(seen)):
            size += len(name) + len(value)
            if index >= MOST_FIELDS or size > BODY_BYTES:
                return Parts(values, oversize)
            if (included and name.lower() not in included) or name.lower() in excluded:
                continue
            values += [to_bytes(name)] if scope in {"KEY", "ALL"} else []
            values += [to_bytes(value)] if scope in {"VALUE", "ALL"} else []
        return Parts(values)

    return extract


def _json_body(settings: Settings) -> Extract:
    if "IncludedPaths" in settings["MatchPattern"]:
        raise NotEvaluatedError("JSON pointers of a body")
    scope = settings["MatchScope"]
    fallback = settings.get("InvalidFallbackBehavior") or "EVALUATE_AS_STRING"
    oversize = _oversize(settings)

    def extract(seen: Inspection) -> Parts:
        if len(seen.body) > BODY_BYTES:
            return Parts([seen.body[:BODY_BYTES]], oversize)
        try:
            found = json.loads(seen.body)
        except (ValueError, RecursionError):
            verdict = {"MATCH": True, "NO_MATCH": False}.get(fallback)
            return Parts([seen.body], verdict)
        return Parts([to_bytes(text) for text in _texts(found, scope)])

    return extract


def _texts(value: Any, scope: str) -> Iterator[str]:
    """Keys, values or both of a JSON document, scalars as they are written."""
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
