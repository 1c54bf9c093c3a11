"""Files that the runner's parser must accept or refuse exactly as Terraform does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.parser import parse
from terragrunt_runner_tests.terraform import run_terraform

SYNTAX = {
    "an empty file": "",
    "no line end at the end": "a = 1",
    "a comment without a line end": "a = 1 # b",
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
    "object elements with commas and lines": "a = {\n b = 1,\n c = 2,\n}\n",
    "a comma at the start of a line": "a = {\n b = 1\n , c = 2 }\n",
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
    "a double minus": "a = - -1\n",
    "a unary plus": "a = +1\n",
    "a single equals": "a = 1 = 2\n",
    "a single ampersand": "a = b & c\n",
    "a number that ends in a dot": "a = 1.\n",
    "a number that starts with a dot": "a = .5\n",
    "a number with two dots": "a = 1.2.3\n",
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
    "a carriage return in a heredoc": "a = <<E\nb\rc\nE\n",
    "half a character": 'a = "\\ud83d"\n',
    "two halves of a character": 'a = "\\ud83d\\ude00"\n',
    "a splat over lines": "a = [b[\n*]]\n",
    "an identifier with a dash": "a = b-c\n",
    "a string over lines": 'a = "b\nc"\n',
    "an unknown escape": 'a = "\\q"\n',
    "a short unicode escape": 'a = "\\u12"\n',
    "an interpolation over lines": 'a = "${\n1\n}"\n',
    "an interpolation that never ends": 'a = "${1"\n',
    "an empty interpolation": 'a = "${}"\n',
    "two expressions in an interpolation": 'a = "${1 2}"\n',
    "a string in an interpolation": 'a = "${"}"}"\n',
    "a directive that never ends": 'a = "%{ if true }"\n',
    "an unknown directive": 'a = "%{ while true }"\n',
    "an else with a condition": 'a = "%{ if true }%{ else if false }%{ endif }"\n',
    "two elses": 'a = "%{ if true }%{ else }%{ else }%{ endif }"\n',
    "crossed directives": 'a = "%{ if true }%{ for x in [] }%{ endif }%{ endfor }"\n',
    "a for without a collection": 'a = "%{ for x }%{ endfor }"\n',
    "a label with an interpolation": 'b "${c}" {\n}\n',
    "a semicolon": "a = 1;\n",
    "a heredoc with a space before its marker": "a = << E\nb\nE\n",
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
    "a conditional without its other side": "a = true ? 1\n",
    "a comment that never ends": "/* a\n",
    "a slash": "a = 1 / 2 // three\n",
    "a template with only trimming": 'a = "${~ 1 ~}"\n',
    "a block label that is a number": "b 1 {\n}\n",
    "an at sign": "a = @\n",
}


@pytest.fixture(scope="module")
def broken_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the texts in which Terraform finds a syntax error."""
    root = tmp_path_factory.mktemp("syntax")
    for i, text in enumerate(SYNTAX.values()):
        (root / f"f{i}.tf").write_bytes(text.encode())
    done = run_terraform(root, "fmt", "-no-color", "-write=false", "-list=false")
    numbers = {int(number) for number in re.findall(r"\bf(\d+)\.tf\b", done.stderr)}
    return {name for i, name in enumerate(SYNTAX) if i in numbers}


@pytest.mark.parametrize("name", SYNTAX)
def test_a_file_is_refused_exactly_where_terraform_refuses_it(
    name: str, broken_files: set[str]
) -> None:
    file = Path("unit/terragrunt.hcl")
    if name not in broken_files:
        parse(SYNTAX[name], file)
        return
    with pytest.raises(ConfigurationError) as caught:
        parse(SYNTAX[name], file)
    assert caught.value.line is not None
    assert str(caught.value).startswith(f"{file}:{caught.value.line}: ")
