"""The first pass of the parser: mask everything that python-hcl2's grammar reads inexactly.

HCL has three lexical modes that nest: code, quoted template and heredoc. The bracket around a line
end decides whether it is significant. python-hcl2's grammar approximates both with regular
expressions. The scanner therefore gives it a masked source of the same length, in which

- strings and heredocs are placeholder strings (``templates.py`` parses the originals), and
- comments and insignificant line ends are blanks.

An offset in the masked source is the same offset in the source.

Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
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
    """The content of a quoted string or heredoc; ``flush`` is the ``-`` of ``<<-``."""

    start: int
    end: int
    heredoc: bool
    flush: bool


@dataclass(frozen=True, slots=True)
class MaskedSource:
    """The ``text`` for python-hcl2, and the masked parts by their offsets.

    - ``templates``: strings and heredocs, by the offset of the opening quote or ``<<``.
    - ``signs``: all but the last of several signs (``!!x``), by the offset of the last. The grammar
      has only one.
    - ``numbers``: numbers directly after a minus (``a -15``). The grammar reads the minus as part
      of the number. The masked source has strings for them.
    """

    text: str
    start: int
    end: int
    templates: dict[int, TemplateSpan]
    signs: dict[int, str]
    numbers: dict[int, str]


def scan_body(source: Source) -> MaskedSource:
    """Mask a whole file. Raises ConfigurationError for an unclosed string, heredoc or bracket."""
    return _Scanner(source, 0, len(source.text), in_body=True).run()


def scan_expression(source: Source, start: int, limit: int, depth: int = 0) -> MaskedSource:
    """Mask the expression from ``start`` to ``limit``, or to a ``}`` that closes nothing in it.

    ``MaskedSource.end`` is the offset where it ends.
    """
    return _Scanner(source, start, limit, in_body=False, depth=depth).run()


def end_of_interpolation(source: Source, start: int, limit: int, depth: int) -> int:
    """Return the offset of the ``}`` that closes a ``${`` or ``%{`` with content from ``start``."""
    end = scan_expression(source, start, limit, depth + 1).end
    if end >= limit:
        raise source.error("'${' or '%{' without its closing '}'", start)
    return end


class _Scanner:
    """Each method handles the text at an offset and returns the offset after it."""

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
        # ( and [; { for an object's brace, f for a for expression's, b for a block's
        self.brackets: list[tuple[str, int]] = []
        self.in_value = not in_body  # right of "=" in a body
        # The last token: an operator or bracket, w for a word or number, k for a keyword, q for a
        # template.
        self.previous = ""

    def run(self) -> MaskedSource:
        at = self.start
        while at < self.limit:
            character = self.text[at]
            if character == "}" and not self.brackets and not self.in_body:
                break
            at = self.step(at, character)
        if self.brackets:
            kind, opened = self.brackets[-1]
            raise self.source.error(f"'{_bracket(kind)}' is never closed", opened)
        return MaskedSource(
            "".join(self.output), self.start, at, self.templates, self.signs, self.numbers
        )

    def step(self, at: int, character: str) -> int:  # noqa: PLR0911 - one per rule
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
        if splat and ("\n" not in splat.group() or self.ignores_line_ends()):
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
            hint = "use double quotes for strings" if character in "'`" else None
            raise self.source.error(f"unexpected character {character!r}", at, hint=hint)
        symbol = operator.group()
        if symbol in ("!", "-") and self.previous not in _AFTER_OPERAND:
            return self.sign(at)
        if symbol == "=" and not self.inside_value_bracket():
            self.in_value = True
        return self.keep(at, operator.end(), symbol)

    def number(self, at: int, number: re.Match[str]) -> int:
        end = number.end()
        fraction = self.previous != "." and re.match(r"\.\d", self.text[end : end + 2])
        if fraction or _WORD.match(self.text, end, self.limit):
            raise self.source.error(f"unexpected text after the number {number.group()!r}", at)
        if end - at == 1 or at == self.start or self.text[at - 1] != "-":
            return self.keep(at, end, "w")
        self.numbers[at] = number.group()
        return self.placeholder(at, end)

    def inside_value_bracket(self) -> bool:
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
        if not self.inside_value_bracket():
            self.in_value = not self.in_body
        self.output.append("\r" if self.ignores_line_ends() else "\n")
        return at + 1

    def ignores_line_ends(self) -> bool:
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
            if not self.in_value and not self.inside_value_bracket():
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
        if _bracket(kind) != opener:
            line = self.source.line(opened)
            raise self.source.error(
                f"'{character}' does not close the '{_bracket(kind)}' of line {line}", at
            )
        if kind == "b":
            self.in_value = False
        return self.keep(at, at + 1, character)

    def end_of_quoted(self, at: int) -> int:
        """Return the offset of the closing quote."""
        position = at + 1
        while position < self.limit:
            character = self.text[position]
            if character == '"':
                return position
            if character in "\r\n":
                break
            position = position + 2 if character == "\\" else self.after_template_part(position)
        raise self.source.error("a string without its closing quote on the same line", at)

    def heredoc(self, at: int, opening: re.Match[str]) -> int:
        text, marker = self.text, opening.group(2)
        position = opening.end()
        while position < self.limit:
            if text[position - 1] == "\n":
                end = text.find("\n", position, self.limit)
                if end < 0:
                    break
                if text[position:end].strip() == marker:
                    span = TemplateSpan(opening.end(), position, True, bool(opening.group(1)))
                    return self.template(at, span, end - 1 if text[end - 1] == "\r" else end)
            position = self.after_template_part(position)
        raise self.source.error(f"a heredoc without a line that is {marker!r}", at)

    def after_template_part(self, position: int) -> int:
        """Return the offset after the escape, interpolation or character at ``position``."""
        if self.text.startswith(("$${", "%%{"), position):
            return position + 3
        if self.text.startswith(("${", "%{"), position):
            depth = self.depth + len(self.brackets)
            return end_of_interpolation(self.source, position + 2, self.limit, depth) + 1
        return position + 1


def _bracket(kind: str) -> str:
    return kind if kind in "([" else "{"
