from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.parser import parse, parse_expression_text
from terragrunt_runner.language.syntax_tree import Traversal

FILE = Path("live/dev/unit/terragrunt.hcl")

UNIT = """\
# A unit.
include "root" {
  path = find_in_parent_folders("terragrunt.hcl")
}

locals { region = "eu-west-1" }

dependency "network" {
  config_path = "../network"

  mock_outputs = {
    vpc_id = "vpc-mock"
  }
}

inputs = {
  name = "${local.region}-x"
}
"""


def _references(text: str) -> set[Traversal]:
    return set(parse_expression_text(text, FILE).references())


def test_a_body_has_attributes_and_blocks_with_their_lines() -> None:
    body = parse(UNIT, FILE)

    assert {name: attribute.line for name, attribute in body.attributes.items()} == {"inputs": 16}
    assert [(b.type, b.labels, b.line) for b in body.blocks] == [
        ("include", ("root",), 2),
        ("locals", (), 6),
        ("dependency", ("network",), 8),
    ]
    assert body.blocks[2].body.attributes["mock_outputs"].line == 11
    assert body.blocks[2].file == FILE


def test_an_expression_inside_a_template_has_its_line() -> None:
    body = parse('a = <<E\none\n${local.b}\nE\nc = "x ${\nlocal.d}"\n', FILE)

    (heredoc,) = body.attributes["a"].expression.parts[1:2]  # type: ignore[attr-defined]
    (quoted,) = body.attributes["c"].expression.parts[1:2]  # type: ignore[attr-defined]
    assert (heredoc.line, quoted.line) == (3, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("local.a", {("local", "a")}),
        ('local.a["b"].c[0]', {("local", "a", "b", "c", 0)}),
        ("dependency.n.outputs.id", {("dependency", "n", "outputs", "id")}),
        ("local.a[local.i].b", {("local", "a"), ("local", "i")}),
        ("local.a[*].b", {("local", "a")}),
        ('"x${local.a}%{ if local.b }${local.c}%{ endif }"', {("local", x) for x in "abc"}),
        ("f(local.a, [local.b], {(local.c) = local.d})", {("local", x) for x in "abcd"}),
        ("local.a ? -local.b : !local.c", {("local", x) for x in "abc"}),
        ("[for k, v in local.a : k + v + local.b if local.c]", {("local", x) for x in "abc"}),
        ("{for x in x : x => x}", {("x",)}),
        ('"%{ for x in local.a }${x}%{ endfor }"', {("local", "a")}),
        ("{ a = 1 }", set()),
        ("(local.a).b", {("local", "a")}),
    ],
)
def test_references_are_the_traversals_of_an_expression(
    text: str, expected: set[Traversal]
) -> None:
    assert _references(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\na = 2\n", 2, "'a' is already set on line 1"),
        ("a = {\n  b = [1,\n}\n", 3, "'}' does not close the '[' of line 2"),
        ("a = [\n\n", 1, "'[' is never closed"),
        ("\nb {\n  a = 1\n", 2, "'{' is never closed"),
        ("a = 1\n}\n", 2, "'}' closes nothing"),
        ('a = 1\nb = "x\n', 2, "a string without its closing quote on the same line"),
        ('a = "${b"\n', 1, "a string without its closing quote"),
        ("a = <<EOT\nx\n", 1, "a heredoc without a line that is 'EOT'"),
        ("/* a\n", 1, "'/*' without its closing '*/'"),
        ("a = 'b'\n", 1, 'unexpected character "\'"'),
        ('a = "\\d"\n', 1, "'\\d' is not an escape that HCL knows"),
        ("a =\n", 1, "the line ends in the middle of an expression"),
        ("a = 1 + \n", 1, "the line ends in the middle of an expression"),
        ("a = 1\n  && b\n", 2, "the line ends in the middle of an expression"),
        ("a b c\n", 1, "the line ends in the middle of"),
        ("a = f(1 2)\n", 1, "unexpected '2)'"),
        ("a = 1 b = 2\n", 1, "a new line is missing before this"),
        ("a = {b = 1 c = 2}\n", 1, "a comma or new line is missing before this"),
        ("b\n{\n}\n", 1, "'{' must stand on the same line"),
        ('b "${c}" {\n}\n', 1, "a block label cannot contain an interpolation"),
        ('a = "%{ if x }"\n', 1, "'%{ if }' without '%{ endif }'"),
        ('a = "x %{ endfor }"\n', 1, "unexpected '%{ endfor }'"),
        ('a = "%{ while x }"\n', 1, "'%{' must be followed by if, else, endif, for or endfor"),
        ('a = "${}"\n', 1, "an expression is missing"),
        ("é = 1\n", 1, "unexpected 'é'"),
        ("a = 1\0\n", 1, "a NUL byte"),
    ],
)
def test_a_syntax_error_names_file_line_and_cause(text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, FILE)
    assert str(caught.value).startswith(f"{FILE}:{line}: {message}")


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000,
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + '"${' * 2000,
        "a = " + '"${' * 200 + '"}' * 200,
        "a = " + "(" * 300 + "1" + ")" * 300,
        "b {" * 3000,
        "a = " + "true ? 1 : " * 3000 + "1",
        "a = " + "{a=" * 99 + "1" + "}" * 99 + "[" * 100,
    ],
    ids=["open", "closed", "quotes", "templates", "parentheses", "blocks", "conditions", "both"],
)
def test_too_deep_nesting_is_an_error(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, FILE)
    assert str(FILE) in str(caught.value)


def test_a_long_chain_is_parsed() -> None:
    body = parse(
        "a = " + " + ".join(["1"] * 5000) + "\nb = x" + ".y" * 5000 + "\n",
        FILE,
    )
    assert list(body.attributes) == ["a", "b"]


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    body = parse(b"\xef\xbb\xbfa = 1\r\nb = [\r\n2\r\n]\r\n", FILE)
    assert {name: a.line for name, a in body.attributes.items()} == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nb = \xff\n", f"{FILE}:2: the file is not UTF-8 text"),
        (b"a\n\nb\0", f"{FILE}:3: a NUL byte"),
    ],
)
def test_a_file_that_is_not_text_is_refused_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(data, FILE)
    assert str(caught.value).startswith(message)


@settings(deadline=None)  # the first example may load the parser
@given(st.text(alphabet='ab1 =.,"${}%~[]()\\\n<-E#/*?:!&|+for in', max_size=40))
def test_any_text_either_parses_or_is_refused(text: str) -> None:
    try:
        parse(text, FILE)
    except ConfigurationError as error:
        assert error.file == FILE
