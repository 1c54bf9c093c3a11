"""Expressions that the runner must evaluate exactly as ``terraform console`` does.

``expressions.txt`` has one expression on each line, and each file of ``expressions/`` has one that
needs several lines. Terraform evaluates all of them in one process. The runner must have the same
value of the same type, or an error where Terraform has one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.functions import library
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.parser import parse_expression_text
from terragrunt_runner.language.scope import EvaluationError, Scope
from terragrunt_runner.language.serialise import to_hcl, to_json
from terragrunt_runner.language.types import Collection, ObjectType, TupleType, Type
from terragrunt_runner.language.values import Value, equal, type_of
from terragrunt_runner_tests.terraform import run_terraform

HERE = Path(__file__).parent

# Terraform has an answer for these, and the runner refuses them.
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
    for file in sorted((HERE / "expressions").glob("*.expression")):
        yield file.read_text("utf-8").rstrip("\n") + "\n"


EXPRESSIONS = list(_expressions())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root module whose locals are the values of the expressions."""
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
    done = run_terraform(folder, "console", stdin=expression)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def terraform_values(folder: Path) -> list[str | None]:
    """The JSON of each value, or None for an error."""
    every = ", ".join(f"local.e{i}" for i in range(len(EXPRESSIONS)))
    encoded = json.loads(json.loads(_console(folder, f"jsonencode([{every}])")))
    return [None if e == "error" else base64.b64decode(e).decode() for e in encoded]


@pytest.fixture(scope="module")
def terraform_types(folder: Path) -> list[str]:
    every = ", ".join(f"local.v{i}" for i in range(len(EXPRESSIONS)))
    text = re.sub(r"\s", "", _console(folder, f"type([{every}])"))
    return list(_split_at_commas(text.removeprefix("tuple([").removesuffix("])")))


def _split_at_commas(text: str) -> Iterator[str]:
    """Split at the commas outside brackets."""
    depth = start = 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            yield text[start:i]
            start = i + 1


def _type_text(type_: Type) -> str:
    if isinstance(type_, Collection):
        element = _type_text(type_.element)
        return (
            f"{type_.kind}({element},)"
            if element.endswith(("])", "})"))
            else f"{type_.kind}({element})"
        )
    if isinstance(type_, TupleType):
        return f"tuple([{''.join(_type_text(e) + ',' for e in type_.elements)}])"
    if isinstance(type_, ObjectType):
        pairs = "".join(f"{name}:{_type_text(t)}," for name, t in type_.attributes)
        return "object({" + pairs + "})"
    return str(type_).replace("any", "dynamic")


def _evaluate(text: str, folder: Path) -> Value:
    scope = Scope(functions=library(), directory=folder)
    return evaluate(parse_expression_text(text, folder / "main.tf"), scope)


@pytest.mark.parametrize("index", range(len(EXPRESSIONS)), ids=EXPRESSIONS)
def test_an_expression_has_the_value_and_type_that_terraform_gives_it(
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
            _evaluate(text, folder)
        return
    value = _evaluate(text, folder)
    assert to_json(value) == expected
    assert _type_text(type_of({"value": value})).replace(" ", "") == terraform_types[index]


@pytest.mark.parametrize("text", REFUSED)
def test_an_unsupported_expression_is_refused_even_inside_try(text: str, tmp_path: Path) -> None:
    for expression in (text, f"try({text}, 1)"):
        with pytest.raises(ConfigurationError) as caught:
            _evaluate(expression, tmp_path)
        assert not isinstance(caught.value, EvaluationError)
        assert caught.value.line == 1


def test_a_value_written_as_hcl_evaluates_to_the_same_value(folder: Path) -> None:
    for text in EXPRESSIONS:
        try:
            value = _evaluate(text, folder)
        except ConfigurationError:
            continue
        again = _evaluate(to_hcl(value), folder)
        assert to_json(again) == to_json(value)
        assert equal(again, _evaluate(to_hcl(again), folder))


def test_every_function_of_terraform_is_known(folder: Path) -> None:
    done = run_terraform(folder, "metadata", "functions", "-json")
    names = set(json.loads(done.stdout)["function_signatures"])
    assert {name for name in names if "::" not in name} <= set(library())
