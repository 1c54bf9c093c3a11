"""First pass over a configuration: what is code and what is template.

HCL is a language with three lexical modes (code, quoted template, heredoc) that nest, and whether
a line end means anything depends on the bracket around it. python-hcl2's grammar approximates
both with regular expressions. So that its tree means exactly what HCL means, it is given a
*skeleton* of the same length: strings and heredocs are blanked to placeholder strings, comments
and meaningless line ends to blanks. Offsets in the skeleton are offsets in the source, and the
templates are read from the source by ``templates.py``.

Source of the rules: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from terragrunt_runner.language.syntax_tree import Source

_HEREDOC = re.compile(r"<<(-?)([^\W\d][\w-]*)\r?\n")
_WORD = re.compile(r"[^\W\d][\w-]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_FOR = re.compile(r"(?>\s|#[^\n]*|//[^\n]*|/\*.*?\*/)*+for(?![\w-])", re.DOTALL)
_OPERATOR = re.compile(r"=>|==|!=|<=|>=|&&|\|\||\.\.\.|::|[-+*/%!<>=?:.,~&|]")
_SIGNS = re.compile(r"[!-](?:[ \t]*(?:!(?!=)|-))*")
_SPACED_SPLAT = re.compile(r"\[\s+\*\s*\]|\[\*\s+\]|\.\s+\*")
_AFTER_OPERAND = frozenset("wq)]}")
_MAXIMUM_DEPTH = 100


@dataclass(frozen=True, slots=True)
class TemplateSpan:
    """A quoted string or heredoc; ``start`` and ``end`` enclose its content."""

    start: int
    end: int
    heredoc: bool
    flush: bool


@dataclass(frozen=True, slots=True)
class Skeleton:
    """``text`` is what python-hcl2 reads. The keys of the rest are offsets in the source.

    ``templates``: by the opening quote or ``<<``. ``signs``: those before the last of several
    (``!!x``), which the grammar cannot read. ``numbers``: those that touch a minus before them,
    which the grammar would take for part of the number (``a -15``); strings stand in for them.
    """

    text: str
    start: int
    end: int
    templates: dict[int, TemplateSpan]
    signs: dict[int, str]
    numbers: dict[int, str]


def scan_body(source: Source) -> Skeleton:
    """The skeleton of a whole file. Raises ConfigurationError for what never closes."""
    return _Scanner(source, 0, len(source.text), in_body=True).run()


def scan_expression(source: Source, start: int, limit: int, depth: int = 0) -> Skeleton:
    """The skeleton of the expression from ``start``, up to ``limit`` or the first ``}`` that it
    does not open itself (``Skeleton.end`` is that offset)."""
    return _Scanner(source, start, limit, in_body=False, depth=depth).run()


def end_of_interpolation(source: Source, start: int, limit: int, depth: int) -> int:
    """The offset of the ``}`` that closes the ``${`` or ``%{`` whose content begins at start."""
    end = scan_expression(source, start, limit, depth + 1).end
    if end >= limit:
        raise source.error("'${' or '%{' without its closing '}'", start)
    return end


class _Scanner:
    def __init__(
        self, source: Source, start: int, limit: int, *, in_body: bool, depth: int = 0
    ) -> None:
        if depth > _MAXIMUM_DEPTH:
            raise source.error("nested too deeply", start)
        self.source = source
        self.text = source.text
        self.start = start
        self.limit = limit
        self.in_body = in_body
        self.depth = depth
        self.output: list[str] = []
        self.templates: dict[int, TemplateSpan] = {}
        self.signs: dict[int, str] = {}
        self.numbers: dict[int, str] = {}
        # (, [, { of an object, f for a for expression's brace, b for a block's
        self.brackets: list[tuple[str, int]] = []
        self.in_value = not in_body  # right of "=" in a body
        self.previous = ""  # last token: w a word or number, k a keyword, q a template

    def run(self) -> Skeleton:
        at = self.start
        while at < self.limit:
            character = self.text[at]
            if character == "}" and not self.brackets and not self.in_body:
                break
            at = self.step(at, character)
        if self.brackets:
            bracket, opened = self.brackets[-1]
            shown = bracket if bracket in "([{" else "{"
            raise self.source.error(f"'{shown}' is never closed", opened)
        return Skeleton(
            "".join(self.output), self.start, at, self.templates, self.signs, self.numbers
        )

    def step(self, at: int, character: str) -> int:  # noqa: PLR0911 - one a rule
        text = self.text
        if character == "\n":
            return self.newline(at)
        if character in " \t\r":
            return self.keep(at, at + 1, None)
        if character == "#" or text.startswith("//", at):
            end = text.find("\n", at, self.limit)
            return self.blank(at, self.limit if end < 0 else end)
        if text.startswith("/*", at):
            end = text.find("*/", at + 2, self.limit)
            if end < 0:
                raise self.source.error("'/*' without its closing '*/'", at)
            return self.blank(at, end + 2)
        if character == '"':
            return self.template(at, TemplateSpan(at + 1, self.end_of_quoted(at), False, False))
        splat = _SPACED_SPLAT.match(self.text, at, self.limit)
        if splat and ("\n" not in splat.group() or self.line_ends_mean_nothing()):
            self.output.append("".join(splat.group().split()).ljust(len(splat.group())))
            self.previous = "]"
            return splat.end()
        if character in "([{":
            return self.open(at, character)
        if character in ")]}":
            return self.close(at, character)
        return self.token(at, character)

    def token(self, at: int, character: str) -> int:
        heredoc = _HEREDOC.match(self.text, at, self.limit)
        if heredoc:
            return self.heredoc(at, heredoc)
        word = _WORD.match(self.text, at, self.limit)
        if word:
            operand = self.previous == "." or word.group() not in ("if", "in")
            return self.keep(at, word.end(), "w" if operand else "k")
        number = _NUMBER.match(self.text, at, self.limit)
        if number:
            return self.number(at, number)
        operator = _OPERATOR.match(self.text, at, self.limit)
        if operator is None:
            what = {"'": "use double quotes for strings", "`": "use double quotes for strings"}
            raise self.source.error(
                f"unexpected character {character!r}", at, hint=what.get(character)
            )
        symbol = operator.group()
        if symbol in ("!", "-") and self.previous not in _AFTER_OPERAND:
            return self.sign(at)
        if symbol == "=" and not self.brackets_in_value():
            self.in_value = True
        return self.keep(at, operator.end(), symbol)

    def number(self, at: int, number: re.Match[str]) -> int:
        end = number.end()
        if self.previous != "." and re.match(r"\.\d", self.text[end : end + 2]):
            raise self.source.error(f"{number.group()!r} and more is not a number", at)
        if _WORD.match(self.text, end, self.limit):
            raise self.source.error(f"{number.group()!r} and more is not a number", at)
        if end - at == 1 or at == self.start or self.text[at - 1] != "-":
            return self.keep(at, end, "w")
        self.numbers[at] = number.group()
        return self.placeholder(at, end)

    def brackets_in_value(self) -> bool:
        return bool(self.brackets) and self.brackets[-1][0] != "b"

    def sign(self, at: int) -> int:
        run = _SIGNS.match(self.text, at, self.limit)
        assert run is not None  # noqa: S101 - the caller stands on a sign
        last = run.end() - 1
        leading = "".join(self.text[at:last].split())
        if leading:
            self.signs[last] = leading
        self.output.append(" " * (last - at))
        return self.keep(last, last + 1, self.text[last])

    def newline(self, at: int) -> int:
        if not self.brackets_in_value():
            self.in_value = not self.in_body
        self.output.append("\r" if self.line_ends_mean_nothing() else "\n")
        return at + 1

    def line_ends_mean_nothing(self) -> bool:
        return self.brackets[-1][0] in "([f" if self.brackets else not self.in_body

    def keep(self, start: int, end: int, previous: str | None) -> int:
        self.output.append(self.text[start:end])
        if previous is not None:
            self.previous = previous
        return end

    def blank(self, start: int, end: int) -> int:
        self.output.append(" " * (end - start))
        return end

    def template(self, at: int, span: TemplateSpan, end: int | None = None) -> int:
        self.templates[at] = span
        return self.placeholder(at, span.end + 1 if end is None else end)

    def placeholder(self, start: int, end: int) -> int:
        self.output.append('"' + "_" * (end - start - 2) + '"')
        self.previous = "q"
        return end

    def open(self, at: int, character: str) -> int:
        kind = character
        if character == "{":
            if not self.in_value and not self.brackets_in_value():
                kind = "b"
            elif _FOR.match(self.text, at + 1, self.limit):
                kind = "f"
        if self.depth + len(self.brackets) > _MAXIMUM_DEPTH:
            raise self.source.error("nested too deeply", at)
        self.brackets.append((kind, at))
        if kind == "b":
            self.in_value = False
        return self.keep(at, at + 1, character)

    def close(self, at: int, character: str) -> int:
        opener = {")": "(", "]": "[", "}": "{"}[character]
        if not self.brackets:
            raise self.source.error(f"'{character}' closes nothing", at)
        kind, opened = self.brackets.pop()
        if (kind if kind in "([" else "{") != opener:
            shown = kind if kind in "([" else "{"
            raise self.source.error(
                f"'{character}' does not close the '{shown}' of line {self.source.line(opened)}",
                at,
            )
        if kind == "b":
            self.in_value = False
        return self.keep(at, at + 1, character)

    def end_of_quoted(self, at: int) -> int:
        """The offset of the closing quote."""
        text, position = self.text, at + 1
        while position < self.limit:
            character = text[position]
            if character == '"':
                return position
            if character in "\r\n":
                break
            if character == "\\":
                position += 2
            elif text.startswith(("$${", "%%{"), position):
                position += 3
            elif text.startswith(("${", "%{"), position):
                depth = self.depth + len(self.brackets)
                position = end_of_interpolation(self.source, position + 2, self.limit, depth)
                position += 1
            else:
                position += 1
        raise self.source.error("a string without its closing quote on the same line", at)

    def heredoc(self, at: int, opening: re.Match[str]) -> int:
        text, marker = self.text, opening.group(2)
        line_start = position = opening.end()
        while position < self.limit:
            if position == line_start:
                end = text.find("\n", position, self.limit)
                if end < 0:
                    break
                if text[position:end].strip() == marker:
                    span = TemplateSpan(opening.end(), position, True, bool(opening.group(1)))
                    close = end - 1 if text[end - 1] == "\r" else end
                    return self.template(at, span, close)
            if text.startswith(("$${", "%%{"), position):
                position += 3
            elif text.startswith(("${", "%{"), position):
                depth = self.depth + len(self.brackets)
                position = end_of_interpolation(self.source, position + 2, self.limit, depth) + 1
            else:
                if text[position] == "\n":
                    line_start = position + 1
                position += 1
        raise self.source.error(f"a heredoc without a line that is {marker!r}", at)
