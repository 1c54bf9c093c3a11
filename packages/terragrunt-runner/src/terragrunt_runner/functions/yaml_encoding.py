"""YAML, as Terraform reads and writes it: YAML 1.2 with the booleans of 1.1."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, cast

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
    is_number,
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
# Terraform's writer folds a quoted string at the first space beyond column 80.
# And these are characters that it escapes and PyYAML's does not.
_FOLDED = re.compile(r'^.{80,}[^ ] .*[^ ].*"$')
_DIFFERENT = re.compile("[^\x09\x0a\x0d\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]")


@LIBRARY.define("yamldecode", STRING)
def yamldecode(document: str) -> Value:
    import yaml

    try:
        root = yaml.compose(document, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise InvalidValueError(
            f"not YAML{place}: {getattr(error, 'problem', '') or error}"
        ) from None
    if root is None:
        raise InvalidValueError("the document is empty")
    return _value(root, ())


@LIBRARY.define("yamlencode", NULLABLE)
def yamlencode(value: Value) -> str:
    """Block style, keys sorted, every string quoted or a literal block."""
    import yaml

    document: str = yaml.serialize(_node(value, yaml), allow_unicode=True, width=math.inf)
    if isinstance(value, (str, tuple, Mapping)):
        document = document.removesuffix("...\n")  # Terraform ends only a bare scalar with it
    if any(_FOLDED.search(line) for line in document.split("\n")):
        raise UnsupportedError("a string so long that YAML folds it")
    return document


def _value(node: Any, ancestors: tuple[Any, ...]) -> Value:
    if any(node is ancestor for ancestor in ancestors):
        raise InvalidValueError("an anchor that contains itself")
    kind = node.id
    if kind == "scalar":
        return _scalar(node)
    if node.tag not in (_TAG + "seq", _TAG + "map"):
        raise UnsupportedError(f"the YAML tag {node.tag!r}")
    within = (*ancestors, node)
    if kind == "sequence":
        return tuple(_value(item, within) for item in node.value)
    merged: dict[str, Value] = {}
    for key_node, value_node in node.value:
        value = _value(value_node, within)
        if key_node.id == "scalar" and key_node.value == "<<" and not key_node.style:
            if not isinstance(value, Mapping):
                raise InvalidValueError("'<<' needs a mapping")
            merged.update(value)
        else:
            merged[_name(key_node)] = value
    return merged


def _name(node: Any) -> str:
    key = _scalar(node) if node.id == "scalar" else None
    if key is None:
        raise InvalidValueError("a mapping key must be a string, number or bool")
    if isinstance(key, bool):
        return "true" if key else "false"
    return format_number(cast("Number", key)) if is_number(key) else cast("str", key)


def _scalar(node: Any) -> Value:
    content = clean_text(node.value)
    if node.style or node.tag == _TAG + "str":
        # PyYAML gives a plain scalar that looks like nothing else the tag str too.
        if node.style and node.tag != _TAG + "str":
            raise UnsupportedError(f"the YAML tag {node.tag!r}")
        if node.style or _resolved(content) is _STRING:
            return content
        if node.start_mark.buffer and node.start_mark.buffer[node.start_mark.pointer] == "!":
            return content
    elif (
        not node.tag.startswith(_TAG)
        or node.tag.removeprefix(_TAG) in ("binary", "set", "omap")
        or (node.start_mark.buffer and node.start_mark.buffer[node.start_mark.pointer] == "!")
    ):
        raise UnsupportedError(f"the YAML tag {node.tag!r}")
    value = _resolved(content)
    return content if value is _STRING else value


_STRING = object()


def _resolved(content: str) -> Value:  # noqa: PLR0911 - one line a rule
    """What a plain scalar stands for; ``_STRING`` where for itself."""
    if content in _NULLS:
        return None
    if content in (content.lower(), content.upper(), content.capitalize()):
        if content.lower() in _TRUE:
            return True
        if content.lower() in _FALSE:
            return False
    if _NOT_FINITE.fullmatch(content):
        raise InvalidValueError(f"{content} is not a number that Terraform can hold")
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
    return _STRING


def _node(value: Value, yaml: Any) -> Any:
    if isinstance(value, str):
        if _DIFFERENT.search(value):
            raise UnsupportedError("a character that YAML has to escape")
        return yaml.ScalarNode(_TAG + "str", value, style="|" if "\n" in value else '"')
    if isinstance(value, Mapping):
        pairs = [(_node(name, yaml), _node(value[name], yaml)) for name in sorted(value)]
        return yaml.MappingNode(_TAG + "map", pairs, flow_style=False)
    if isinstance(value, tuple):
        items = [_node(item, yaml) for item in elements(value)]
        return yaml.SequenceNode(_TAG + "seq", items, flow_style=False)
    if is_null(value):
        return yaml.ScalarNode(_TAG + "null", "null")
    if isinstance(value, bool):
        return yaml.ScalarNode(_TAG + "bool", "true" if value else "false")
    number = format_number(cast("Number", value))
    return yaml.ScalarNode(_TAG + ("float" if "." in number else "int"), number)
