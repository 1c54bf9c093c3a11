"""The runner's expression language, asked the same questions as ``terraform console``.

``expressions.txt`` has one expression a line. Terraform evaluates them all in one process; the
runner must give the same value of the same type, and an error where Terraform has one.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.functions import library
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.parser import parse, parse_expression_text
from terragrunt_runner.language.scope import EvaluationError, Scope
from terragrunt_runner.language.serialise import to_hcl, to_json
from terragrunt_runner.language.types import Collection, ObjectType, TupleType, Type
from terragrunt_runner.language.values import Value, equal, type_of

HERE = Path(__file__).parent

# Terraform has an answer (at times a strange one), and the runner says that it has none.
REFUSED = (
    "false && 1",
    "true || {}.a",
    'bcrypt("x")',
    'base64gzip("x")',
    'sensitive("x")',
    'regex("(?P<n>a)(?P<n>b)", "ab")',
    'format("%s", null)',
    'format("%.d", 5)',
    'format("%-05.1f", 1)',
    'format("%#05x", 255)',
    'formatlist("%s", null)',
    'formatlist("%s", [null])',
    'cidrsubnet("10.0.0.0/8", -1, 0)',
    'cidrsubnet("10.0.0.0/8", 1, -1)',
    'cidrhost("::ffff:0:0/96", 1)',
    'yamldecode("2001-12-14t21:59:43.10-05:00")',
    'yamldecode("!!binary aGVsbG8=")',
    'yamlencode("\\U0001F600")',
    'textencodebase64("x", "UTF-16")',
    'length("\\u0939\\u093f")',
)

FILES = {
    "a.txt": b"a",
    "b.txt": b"b",
    "c.json": b"{}",
    ".hidden.txt": b"h",
    "sub/c.txt": b"c",
    "sub/deep/d.txt": b"d",
    "t.tftpl": b"Hello ${name}\n%{ for i in items ~}\n- ${i}\n%{ endfor ~}\nend\n",
    "value.tftpl": b"${x}",
    "nested.tftpl": b'${templatefile("files/value.tftpl", {x = 1})}',
    "broken.tftpl": b"${",
    "latin1.txt": b"\xe9",
    "crlf.txt": b"a\r\nb\r\n",
}


def _expressions() -> Iterator[str]:
    for line in (HERE / "expressions.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line
    # One expression a file, where it needs several lines.
    for file in sorted((HERE / "expressions").glob("*.expression")):
        yield file.read_text("utf-8").rstrip("\n") + "\n"


EXPRESSIONS = list(_expressions())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root module whose locals are the expressions' values."""
    root = tmp_path_factory.mktemp("language")
    for name, content in FILES.items():
        file = root / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    lines = [
        f"v{i} = try({{ value = {text} }}, null)\n"
        f'e{i} = try(base64encode(jsonencode({text})), "error")\n'
        for i, text in enumerate(EXPRESSIONS)
    ]
    (root / "main.tf").write_text("locals {\n" + "".join(lines) + "}\n", "utf-8")
    return root


def _console(folder: Path, expression: str) -> str:
    done = subprocess.run(
        ["terraform", "console"],
        cwd=folder,
        input=expression,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "TF_CLI_ARGS": "", "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def terraform_values(folder: Path) -> list[str | None]:
    """The JSON of each value; None for an error."""
    every = ", ".join(f"local.e{i}" for i in range(len(EXPRESSIONS)))
    encoded = json.loads(json.loads(_console(folder, f"jsonencode([{every}])")))
    return [None if e == "error" else base64.b64decode(e).decode() for e in encoded]


@pytest.fixture(scope="module")
def terraform_types(folder: Path) -> list[str]:
    every = ", ".join(f"local.v{i}" for i in range(len(EXPRESSIONS)))
    text = re.sub(r"\s", "", _console(folder, f"type([{every}])"))
    return list(_items(text.removeprefix("tuple([").removesuffix("])")))


def _items(text: str) -> Iterator[str]:
    """What commas outside brackets separate."""
    depth = start = 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            yield text[start:i]
            start = i + 1


def _written(kind: Type) -> str:
    if isinstance(kind, Collection):
        element = _written(kind.element)
        return (
            f"{kind.kind}({element},)"
            if element.endswith(("])", "})"))
            else f"{kind.kind}({element})"
        )
    if isinstance(kind, TupleType):
        return f"tuple([{''.join(_written(e) + ',' for e in kind.elements)}])"
    if isinstance(kind, ObjectType):
        pairs = "".join(f"{name}:{_written(t)}," for name, t in kind.attributes)
        return "object({" + pairs + "})"
    return str(kind).replace("any", "dynamic")


def _ours(text: str, folder: Path) -> Value:
    scope = Scope(functions=library(), directory=folder)
    return evaluate(parse_expression_text(text, folder / "main.tf"), scope)


@pytest.mark.parametrize("index", range(len(EXPRESSIONS)), ids=EXPRESSIONS)
def test_an_expression_has_terraforms_value_and_type(
    index: int,
    folder: Path,
    terraform_values: list[str | None],
    terraform_types: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    text, expected = EXPRESSIONS[index], terraform_values[index]
    if expected is None:
        with pytest.raises(EvaluationError):
            _ours(text, folder)
        return
    value = _ours(text, folder)
    assert to_json(value) == expected
    assert _written(type_of({"value": value})).replace(" ", "") == terraform_types[index]


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_answered_alike_is_refused_and_try_does_not_hide_it(
    text: str, tmp_path: Path
) -> None:
    for question in (text, f"try({text}, 1)"):
        with pytest.raises(ConfigurationError) as caught:
            _ours(question, tmp_path)
        assert not isinstance(caught.value, EvaluationError)
        assert caught.value.line == 1


def test_printed_hcl_evaluates_to_the_same_value(folder: Path) -> None:
    for text in EXPRESSIONS:
        try:
            value = _ours(text, folder)
        except ConfigurationError:
            continue
        again = _ours(to_hcl(value), folder)
        assert to_json(again) == to_json(value)
        assert equal(again, _ours(to_hcl(again), folder))


def test_every_function_of_terraform_is_known(folder: Path) -> None:
    done = subprocess.run(
        ["terraform", "metadata", "functions", "-json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    names = set(json.loads(done.stdout)["function_signatures"])
    assert {name for name in names if "::" not in name} <= set(library())


SYNTAX = {
    "an empty file": "",
    "an attribute": "a = 1\n",
    "no line end at the end": "a = 1",
    "a comment without a line end": "a = 1 # b",
    "two attributes on a line": "a = 1 b = 2\n",
    "two attributes of one name": "a = 1\na = 2\n",
    "a block": 'b "l" m {\n}\n',
    "a block on one line": "b { a = 1 }\n",
    "an empty block on one line": "b {}\n",
    "two attributes in a block on one line": "b { a = 1, c = 2 }\n",
    "a block in a block on one line": "b { c {} }\n",
    "a block that closes late": "b { a = 1\n}\n",
    "a block that opens late": "b {\n a = 1 }\n",
    "an opening brace on the next line": "b\n{\n}\n",
    "something after a block": "b {\n} a = 1\n",
    "a block comment between attributes": "a = 1 /* x */ b = 2\n",
    "a block comment over lines": "a = 1 /* x\n */\nb = 2\n",
    "a block comment over lines that does not end a line": "a = 1 /* x\n */ b = 2\n",
    "a comment in an expression": "a = [ # one\n 1, // two\n /* three */ 2 ]\n",
    "an operator on the next line": "a = 1\n + 2\n",
    "an operand on the next line": "a = 1 +\n 2\n",
    "an operator on the next line in parentheses": "a = (1\n + 2)\n",
    "a minus on the next line in parentheses": "a = (1\n - 2)\n",
    "a conditional over lines": "a = true ?\n 1 : 2\n",
    "a conditional over lines in brackets": "a = [true ?\n 1 :\n 2\n]\n",
    "a conditional over lines in an object": "a = {\n b = true\n ? 1 : 2 }\n",
    "a value on the next line": "a =\n 1\n",
    "elements without a comma": "a = [1 2]\n",
    "elements on lines without a comma": "a = [1\n2]\n",
    "a trailing comma": "a = [1, 2,\n]\n",
    "two commas": "a = [1,, 2]\n",
    "only a comma": "a = [,]\n",
    "object elements without a separator": "a = {b = 1 c = 2}\n",
    "object elements on lines": "a = {\n b = 1\n c = 2\n}\n",
    "object elements with commas and lines": "a = {\n b = 1,\n c = 2,\n}\n",
    "a comma at the start of a line": "a = {\n b = 1\n , c = 2 }\n",
    "an object with colons": "a = {b : 1}\n",
    "an object over lines with an empty line": "a = {\n\n b = 1\n\n}\n",
    "an object key that is a reference": "a = {b.c = 1}\n",
    "an object key in parentheses": "a = {(b.c) = 1}\n",
    "a for over lines": "a = {\n for\n k\n in b : \n k => 1\n if\n true\n}\n",
    "a tuple for over lines": "a = [\n for k, v in b :\n k\n if true\n]\n",
    "a for as an object key": "a = {for = 1}\n",
    "a for as an attribute": "b {\n for = 1\n}\n",
    "a keyword as an attribute": "if = 1\n",
    "a call over lines": "a = f(\n 1,\n 2\n)\n",
    "a call with a trailing comma": "a = f(1,)\n",
    "a call with an expansion": "a = f(b...)\n",
    "an expansion in the middle": "a = f(b..., c)\n",
    "an argument on a line of its own before the parenthesis": "a = f\n(1)\n",
    "nested brackets": "a = [[[({})]]]\n",
    "an index over lines": "a = b[\n0\n]\n",
    "an access on the next line": "a = b\n.c\n",
    "an access on the next line in parentheses": "a = (b\n.c)\n",
    "legacy indexes in a row": "a = b.0.1\n",
    "a splat": "a = b[*].c\n",
    "a double not": "a = !!b\n",
    "a double minus": "a = - -1\n",
    "a double minus without a space": "a = --1\n",
    "a not before a comparison": "a = !b == c\n",
    "a unary plus": "a = +1\n",
    "a single equals": "a = 1 = 2\n",
    "a single ampersand": "a = b & c\n",
    "a number that ends in a dot": "a = 1.\n",
    "a number that starts with a dot": "a = .5\n",
    "a number with two dots": "a = 1.2.3\n",
    "a number with a dotted exponent": "a = 1e-1.00\n",
    "a minus that touches a number": "a = b -15\nc = [d -1.5, -15, 3-20]\n",
    "a called negative number": "a = b -15(1)\n",
    "a splat with spaces": "a = b[ * ].c\nd = b. *\n",
    "two signs over lines": "a = -\n-1\n",
    "a minus on the next line after a sum": "a = 2 + 3\n - 6\n",
    "a negative number with letters": "a = -15x\n",
    "a sign after an operand": "a = b !-15\n",
    "a sign after a keyword": "a = [for b in !-15 : b if !!-15]\n",
    "a for directive without a space": 'a = "%{ for xin y }%{ endfor }"\n',
    "a lone carriage return between brackets": "a = [1,\r 2]\n",
    "a carriage return in a string": 'a = "b\rc"\n',
    "a carriage return in a heredoc": "a = <<E\nb\rc\nE\n",
    "a carriage return at the end": "a = 1\r",
    "half a character": 'a = "\\ud83d"\n',
    "two halves of a character": 'a = "\\ud83d\\ude00"\n',
    "a splat over lines": "a = [b[\n*]]\n",
    "a number with letters": "a = 1x\n",
    "a number with an exponent": "a = 1e5\n",
    "an identifier with a dash": "a = b-c\n",
    "a string over lines": 'a = "b\nc"\n',
    "a string that never ends": 'a = "b\n',
    "an unknown escape": 'a = "\\q"\n',
    "an escape outside a string": "a = \\n\n",
    "a short unicode escape": 'a = "\\u12"\n',
    "an interpolation over lines": 'a = "${\n1\n}"\n',
    "an interpolation that never ends": 'a = "${1"\n',
    "an empty interpolation": 'a = "${}"\n',
    "two expressions in an interpolation": 'a = "${1 2}"\n',
    "a string in an interpolation": 'a = "${"}"}"\n',
    "a brace in an interpolation": 'a = "${ {b = 1}.b }"\n',
    "a directive that never ends": 'a = "%{ if true }"\n',
    "an end without a beginning": 'a = "%{ endif }"\n',
    "an unknown directive": 'a = "%{ while true }"\n',
    "an else with a condition": 'a = "%{ if true }%{ else if false }%{ endif }"\n',
    "two elses": 'a = "%{ if true }%{ else }%{ else }%{ endif }"\n',
    "crossed directives": 'a = "%{ if true }%{ for x in [] }%{ endif }%{ endfor }"\n',
    "a for without a collection": 'a = "%{ for x }%{ endfor }"\n',
    "an escaped interpolation": 'a = "$${b"\n',
    "an escaped directive": 'a = "%%{b"\n',
    "a label with an interpolation": 'b "${c}" {\n}\n',
    "single quotes": "a = 'b'\n",
    "a semicolon": "a = 1;\n",
    "a heredoc": "a = <<E\nb\nE\n",
    "a heredoc with a space before its marker": "a = << E\nb\nE\n",
    "a heredoc that never ends": "a = <<E\nb\n",
    "a heredoc that ends without a line end": "a = <<E\nb\nE",
    "a heredoc with something after its marker": "a = <<E\nb\nE x\n",
    "an indented heredoc": "a = <<-E\n  b\n  E\n",
    "a heredoc in a call": "a = f(<<E\nb\nE\n)\n",
    "a heredoc in a call with the parenthesis on its line": "a = f(<<E\nb\nE)\n",
    "a heredoc in a list": "a = [<<E\nb\nE\n, 1]\n",
    "a heredoc with an interpolation over its marker": 'a = <<E\n${"\nE\n"}\nE\n',
    "a heredoc with quotes and braces": 'a = <<E\n"}{\nE\n',
    "a quoted heredoc marker": 'a = <<"E"\nb\nE\n',
    "windows line ends": "a = 1\r\nb {\r\n c = <<E\r\nx\r\nE\r\n}\r\n",
    "a lone carriage return": "a = 1\rb = 2\n",
    "a tab": "\ta\t=\t1\n",
    "an unclosed bracket": "a = [1\n",
    "a closing bracket too many": "a = 1]\n",
    "brackets that cross": "a = [(1])\n",
    "an unclosed block": "b {\n",
    "a closing brace too many": "b {\n}\n}\n",
    "only a name": "a\n",
    "only a string": '"a"\n',
    "a quoted attribute name": '"a" = 1\n',
    "an attribute with a dot": "a.b = 1\n",
    "a block with a dot": "a.b {\n}\n",
    "an attribute without a value": "a =\n",
    "a conditional without its other side": "a = true ? 1\n",
    "a comparison chain": "a = 1 < 2 < 3\n",
    "a comment that never ends": "/* a\n",
    "a slash": "a = 1 / 2 // three\n",
    "a template with only trimming": 'a = "${~ 1 ~}"\n',
    "a block label that is a number": "b 1 {\n}\n",
    "a null byte": "a = 1\0\n",
    "a byte order mark": "\ufeffa = 1\n",
    "an at sign": "a = @\n",
}


@pytest.fixture(scope="module")
def broken_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The texts of SYNTAX in which Terraform's parser finds an error."""
    root = tmp_path_factory.mktemp("syntax")
    broken = set()
    for i, text in enumerate(SYNTAX.values()):
        (root / f"f{i}.tf").write_bytes(text.encode())
    done = subprocess.run(
        ["terraform", "fmt", "-no-color", "-write=false", "-list=false"],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    for i, name in enumerate(SYNTAX):
        if re.search(rf"\bf{i}\.tf\b", done.stderr):
            broken.add(name)
    return broken


@pytest.mark.parametrize("name", SYNTAX)
def test_a_file_is_refused_exactly_where_terraform_refuses_it(
    name: str, broken_files: set[str]
) -> None:
    file = Path("unit/terragrunt.hcl")
    if name in broken_files:
        with pytest.raises(ConfigurationError) as caught:
            parse(SYNTAX[name], file)
        assert caught.value.line is not None
        assert str(caught.value).startswith(f"{file}:{caught.value.line}: ")
    else:
        parse(SYNTAX[name], file)
