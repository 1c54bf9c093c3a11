"""Rate-based statements: aggregation keys, and requests counted over a sliding window.

Source: AWS WAF developer guide, "Using rate-based rule statements". AWS checks the counts every few
seconds; here every request is checked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from local_aws.waf.request_components import (
    Settings,
    UnsupportedError,
    WebRequest,
    extractor,
    only_member,
    parse_address,
    to_bytes,
)
from local_aws.waf.text_transformations import text_transformation

MAX_KEYS = 10_000
"""Keys counted at once. A new key replaces the one whose last request is oldest."""

_STEPS = 30

Key = Callable[[WebRequest], tuple[bytes, ...] | None]
"""Returns the aggregation key of a request, None for a request that is not counted."""


class RateCounter:
    """Counts requests of the last ``window_seconds``, in steps of a thirtieth of the window."""

    def __init__(self, window_seconds: int) -> None:
        self._step_seconds = window_seconds / _STEPS
        self._counts: OrderedDict[tuple[bytes, ...], dict[int, int]] = OrderedDict()

    def count(self, key: tuple[bytes, ...], now: float) -> int:
        """Count a request and return the number of requests of its key in the window."""
        step = int(now / self._step_seconds)
        counts = self._counts.setdefault(key, {})
        self._counts.move_to_end(key)
        counts[step] = counts.get(step, 0) + 1
        for expired in [each for each in counts if each <= step - _STEPS]:
            del counts[expired]
        if len(self._counts) > MAX_KEYS:
            self._counts.popitem(last=False)
        return sum(counts.values())


def aggregation_key(settings: Settings) -> Key:
    """Return the function for the keys of a rate-based statement. Raises UnsupportedError."""
    match settings.get("AggregateKeyType") or "IP":
        case "IP":
            return _peer_key
        case "CONSTANT":
            return lambda _: ()
        case "FORWARDED_IP":
            return _forwarded_key(settings["ForwardedIPConfig"])
        case "CUSTOM_KEYS":
            keys = [_custom_key(each, settings) for each in settings["CustomKeys"]]
            return lambda request: _combine([key(request) for key in keys])
    raise UnsupportedError(f"the aggregate key {settings['AggregateKeyType']}")


def _combine(parts: list[tuple[bytes, ...] | None]) -> tuple[bytes, ...] | None:
    """Join custom keys; a request without one of them is not counted."""
    return None if None in parts else tuple(value for part in parts if part for value in part)


def _peer_key(request: WebRequest) -> tuple[bytes, ...]:
    return (str(request.peer).encode(),)


def _forwarded_key(settings: Settings) -> Key:
    def key(request: WebRequest) -> tuple[bytes, ...] | None:
        texts = request.forwarded_addresses(settings["HeaderName"])
        if not texts:
            return None
        address = parse_address(texts[0])
        if address is None:
            return (b"invalid",) if settings["FallbackBehavior"] == "MATCH" else None
        return (str(address).encode(),)

    return key


def _custom_key(key: Settings, settings: Settings) -> Key:
    kind, key_settings = only_member(key)
    match kind:
        case "IP":
            return _peer_key
        case "ForwardedIP":
            return _forwarded_key(settings["ForwardedIPConfig"])
        case "LabelNamespace":
            return lambda request: _labels_in(request, key_settings["Namespace"])
        case "HTTPMethod":
            return lambda request: (to_bytes(request.method),)
        case "Cookie":
            name = key_settings["Name"]
            change = text_transformation(key_settings["TextTransformations"])
            return lambda request: next(
                ((change(to_bytes(value)),) for key, value in request.cookies() if key == name),
                None,
            )
        case "Header" | "QueryArgument":
            extract = extractor({f"Single{kind}": key_settings})
        case "QueryString" | "UriPath":
            extract = extractor({kind: {}})
        case _:
            raise UnsupportedError(f"the aggregate key {kind}")
    transform = text_transformation(key_settings["TextTransformations"])
    return lambda request: next(((transform(each),) for each in extract(request).values), None)


def _labels_in(request: WebRequest, namespace: str) -> tuple[bytes, ...] | None:
    found = sorted(label for label in request.labels if label.startswith(namespace))
    return tuple(to_bytes(label) for label in found) or None
