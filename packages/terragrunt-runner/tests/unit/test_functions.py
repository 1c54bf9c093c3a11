"""Functions beyond what ``tests/terraform/expressions.txt`` can show."""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from terragrunt_runner.functions import library
from terragrunt_runner.functions.format import format_
from terragrunt_runner.functions.ip_network import cidrhost, cidrsubnet, cidrsubnets
from terragrunt_runner.functions.regular_expressions import regexall
from terragrunt_runner.functions.yaml_encoding import yamldecode, yamlencode
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.parser import parse_expression_text
from terragrunt_runner.language.scope import EvaluationError, Scope
from terragrunt_runner.language.serialise import from_json, to_json
from terragrunt_runner.language.values import InvalidValueError, UnsupportedError, Value

PLAIN = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), max_size=20)


def _value(text: str, directory: Path) -> Value:
    scope = Scope(functions=library(), directory=directory)
    return evaluate(parse_expression_text(text, directory / "terragrunt.hcl"), scope)


def test_relative_paths_are_relative_to_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text", "utf-8")
    assert _value('file("a.txt")', tmp_path) == "text"
    assert _value('fileexists("a.txt")', tmp_path) is True
    assert _value('fileset(".", "*.txt")', tmp_path) == ("a.txt",)
    assert _value('try(file("b.txt"), "none")', tmp_path) == "none"


def test_a_template_file_can_use_only_its_variables(tmp_path: Path) -> None:
    (tmp_path / "t.tftpl").write_text("%{ for x in xs ~}\n${upper(x)}\n%{ endfor ~}", "utf-8")
    assert _value('templatefile("t.tftpl", {xs = ["a", "b"]})', tmp_path) == "A\nB\n"
    with pytest.raises(EvaluationError, match=r"t\.tftpl:1: there is no variable named 'xs'"):
        _value('templatefile("t.tftpl", {})', tmp_path)


def test_an_error_in_a_template_file_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "t.tftpl").write_text("one\n${", "utf-8")
    with pytest.raises(EvaluationError, match=r"t\.tftpl:2: "):
        _value('templatefile("t.tftpl", {})', tmp_path)


def test_a_string_is_rendered_as_a_template(tmp_path: Path) -> None:
    assert _value('templatestring("$${a}-x", {a = 1})', tmp_path) == "1-x"


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 24), st.integers(0, 8), st.integers(0, 255))
def test_a_subnet_is_part_of_its_network(address: int, length: int, bits: int, number: int) -> None:
    assume(number < 2**bits)
    network = ipaddress.ip_network((address, length), strict=False)
    subnet = ipaddress.ip_network(cidrsubnet(str(network), bits, number))
    assert isinstance(network, ipaddress.IPv4Network)
    assert isinstance(subnet, ipaddress.IPv4Network)
    assert subnet.subnet_of(network)
    assert list(network.subnets(prefixlen_diff=bits))[number] == subnet


@settings(deadline=None)
@given(st.lists(st.integers(1, 8), max_size=6))
def test_consecutive_subnets_do_not_overlap(newbits: list[int]) -> None:
    try:
        subnets = [ipaddress.ip_network(str(s)) for s in cidrsubnets("10.0.0.0/16", *newbits)]
    except InvalidValueError:
        return
    for first, second in pairwise(subnets):
        assert int(first.broadcast_address) < int(second.network_address)


@settings(deadline=None)
@given(st.integers(0, 2**16 - 1))
def test_a_host_number_is_the_index_of_an_address(number: int) -> None:
    network = ipaddress.ip_network("10.7.0.0/16")
    assert cidrhost(str(network), number) == str(network[number])
    assert cidrhost(str(network), number - 2**16) == str(network[number])


@settings(deadline=None)
@given(st.integers(-(10**30), 10**30), st.integers(0, 40), st.sampled_from(["", "0", "-", "+"]))
def test_whole_numbers_are_padded_as_in_c(value: int, width: int, flag: str) -> None:
    specification = f"%{flag}{width or ''}d"
    assert format_(specification, value) == specification % value


@settings(deadline=None)
@given(st.floats(-1e15, 1e15), st.integers(0, 12))
def test_fixed_point_numbers_are_rounded_as_in_c(value: float, places: int) -> None:
    from terragrunt_runner.language.numbers import from_float

    expected = f"%.{places}f" % value
    shown = format_(f"%.{places}f", from_float(value))
    assert shown == (expected if value else expected.lstrip("-"))


@settings(deadline=None)
@given(PLAIN, PLAIN)
def test_an_escaped_text_is_a_pattern_that_matches_the_text(before: str, text: str) -> None:
    assume(text)
    assert text in regexall(re.sub(r"([^\w\s])", r"\\\1", text), f"{before} {text}")


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(DOCUMENTS)
def test_yamldecode_reads_what_yamlencode_writes(document: object) -> None:
    value = from_json(to_json(_plain(document)))
    try:
        written = yamlencode(value)
    except UnsupportedError:
        return
    assert to_json(yamldecode(written)) == to_json(value)


def _plain(document: object) -> Value:
    if isinstance(document, list):
        return tuple(map(_plain, document))
    if isinstance(document, dict):
        return {key: _plain(item) for key, item in document.items()}
    return document
