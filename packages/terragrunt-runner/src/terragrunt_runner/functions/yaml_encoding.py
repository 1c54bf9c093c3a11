"""Functions for YAML, which for Terraform is YAML 1.2 with the booleans of YAML 1.1."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any, cast

import yaml

from terragrunt_runner.language.convert import to_string
from terragrunt_runner.language.numbers import Number, format_number, parse_number
from terragrunt_runner.language.scope import NULLABLE, Library
from terragrunt_runner.language.serialise import clean_text
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import (
    InvalidValueError,
    UnsupportedError,
    Value,
    elements,
    is_null,
)

LIBRARY = Library()

_TAG = "tag:yaml.org,2002:"
_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE = ("y", "yes", "true", "on")
_FALSE = ("n", "no", "false", "off")
_DECIMAL = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", re.ASCII)
_PREFIXED = re.compile(r"([-+]?)0(?:x([0-9a-fA-F]+)|o([0-7]+))")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt]|\s+)\d", re.ASCII)
# Terraform folds a quoted string at the first space beyond column 80.
_FOLDED = re.compile(r'^.{80,}[^ ] .*[^ ].*"$')
# Terraform escapes these characters and PyYAML does not.
_ESCAPED = re.compile("[^\x09\x0a\x0d\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]")


@LIBRARY.define("yamldecode", STRING)
def yamldecode(document: str) -> Value:
    try:
        events = yaml.parse(document, Loader=yaml.SafeLoader)
        _, start = next(events), next(events)
        if isinstance(start, yaml.StreamEndEvent):
            raise InvalidValueError("the document is empty")
        value = _value(next(events), events, {})
        _, end = next(events), next(events)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", "") or error
        raise InvalidValueError(f"not YAML{place}: {reason}") from None
    if not isinstance(end, yaml.StreamEndEvent):
        raise InvalidValueError("more than one document")
    return value


@LIBRARY.define("yamlencode", NULLABLE)
def yamlencode(value: Value) -> str:
    """Write block style with sorted keys; every string is quoted or a literal block."""
    document: str = yaml.serialize(_node(value), allow_unicode=True, width=math.inf)
    if isinstance(value, (str, tuple, Mapping)):
        # Terraform has this end only after a number, bool or null.
        document = document.removesuffix("...\n")
    if any(_FOLDED.search(line) for line in document.split("\n")):
        raise UnsupportedError("a string so long that YAML folds it")
    return document


def _value(event: Any, events: Iterator[Any], anchors: dict[str, Value]) -> Value:
    """Return the value that starts with an event; read the rest of it from ``events``."""
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise InvalidValueError(f"the anchor {event.anchor!r} does not end before its use")
        return anchors[event.anchor]
    value: Value
    if isinstance(event, yaml.ScalarEvent):
        value = _scalar(event)
    elif event.tag not in (None, _TAG + "seq", _TAG + "map"):
        raise UnsupportedError(f"the YAML tag {event.tag!r}")
    else:
        children = takewhile(lambda child: not isinstance(child, yaml.CollectionEndEvent), events)
        if isinstance(event, yaml.SequenceStartEvent):
            value = tuple(_value(child, events, anchors) for child in children)
        else:
            value = _mapping(children, events, anchors)
    if event.anchor:
        anchors[event.anchor] = value
    return value


def _mapping(
    keys: Iterator[Any], events: Iterator[Any], anchors: dict[str, Value]
) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    for event in keys:
        key = _scalar(event) if isinstance(event, yaml.ScalarEvent) else None
        if is_null(key):
            raise InvalidValueError("a mapping key must be a string, number or bool")
        value = _value(next(events), events, anchors)
        if key != "<<":
            merged[to_string(key)] = value
        elif isinstance(value, Mapping):
            merged.update(value)
        else:
            raise InvalidValueError("'<<' needs a mapping")
    return merged


def _scalar(event: Any) -> Value:
    content = clean_text(event.value)
    if event.tag not in (None, _TAG + "str"):
        raise UnsupportedError(f"the YAML tag {event.tag!r}")
    return content if event.tag or event.style else _plain_scalar(content)


def _plain_scalar(content: str) -> Value:  # noqa: PLR0911 - one per rule
    if content in _NULLS:
        return None
    if content in (content.lower(), content.upper(), content.capitalize()):
        if content.lower() in _TRUE:
            return True
        if content.lower() in _FALSE:
            return False
    if _NOT_FINITE.fullmatch(content):
        raise InvalidValueError(f"{content} is not a finite number")
    prefixed = _PREFIXED.fullmatch(content)
    if prefixed:
        digits = int(prefixed[2], 16) if prefixed[2] else int(prefixed[3], 8)
        return -digits if prefixed[1] == "-" else digits
    if _DECIMAL.fullmatch(content):
        return parse_number(content)
    if _DATE.fullmatch(content):
        return f"{content}T00:00:00Z"
    if _TIME.match(content):
        raise UnsupportedError(f"the YAML time {content!r}; quote it")
    return content


def _node(value: Value) -> Any:
    if isinstance(value, str):
        if _ESCAPED.search(value):
            raise UnsupportedError("a character that YAML has to escape")
        return yaml.ScalarNode(_TAG + "str", value, style="|" if "\n" in value else '"')
    if isinstance(value, Mapping):
        pairs = [(_node(name), _node(value[name])) for name in sorted(value)]
        return yaml.MappingNode(_TAG + "map", pairs, flow_style=False)
    if isinstance(value, tuple):
        items = [_node(item) for item in elements(value)]
        return yaml.SequenceNode(_TAG + "seq", items, flow_style=False)
    if is_null(value):
        return yaml.ScalarNode(_TAG + "null", "null")
    if isinstance(value, bool):
        return yaml.ScalarNode(_TAG + "bool", "true" if value else "false")
    number = format_number(cast("Number", value))
    return yaml.ScalarNode(_TAG + ("float" if "." in number else "int"), number)
