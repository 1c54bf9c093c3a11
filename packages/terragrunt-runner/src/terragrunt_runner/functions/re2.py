"""RE2 patterns, as Go has them, written again for Python's engine.

A pattern is read piece by piece; what RE2 refuses (lookaround, back references, possessive
quantifiers) is refused, and what Python cannot match (``\\p{Greek}``) is UnsupportedError.

Source of the syntax: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from functools import lru_cache

from terragrunt_runner.language.values import InvalidValueError, UnsupportedError

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_PERL = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_GROUP = re.compile(r"\(\?(?:P?<(?P<name>\w+)>|(?P<flags>[a-zA-Z]*(?:-[a-zA-Z]+)?)(?P<end>[:)]))")
_REPEAT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_HEX = re.compile(r"\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_CLASS_NAME = re.compile(r"\[:(\^?)(\w+):\]")


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> tuple[re.Pattern[str], bool]:
    """The pattern for ``re``, and whether letters fold in it.

    Raises InvalidValueError for what RE2 refuses, UnsupportedError for what Python has no equal of.
    """
    translation = _Translation(pattern)
    try:
        return re.compile(translation.run(), re.ASCII), translation.folds
    except re.error as error:
        raise UnsupportedError(f"the pattern {pattern!r}: {error}") from None


class _Translation:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.output: list[str] = []
        self.folds = False
        # For each open group: the flags inside, and how many flag groups were opened in it.
        self.flags: list[set[str]] = [set()]
        self.extra: list[int] = [0]
        self.repeatable = False

    def refuse(self, what: str) -> InvalidValueError:
        return InvalidValueError(f"invalid pattern: {what}")

    def run(self) -> str:
        while self.position < len(self.pattern):
            self.step(self.pattern[self.position])
        if len(self.flags) > 1:
            raise self.refuse("missing closing )")
        return "".join(self.output) + ")" * self.extra[0]

    def step(self, character: str) -> None:
        if character == "\\":
            self.escape()
        elif character == "[":
            self.character_class()
        elif character == "(":
            self.open()
        elif character == ")":
            self.close()
        elif character in "*+?":
            self.repeat(character)
        elif character == "{":
            self.braces()
        else:
            self.plain(character)

    def emit(self, text: str, length: int, *, repeatable: bool = True) -> None:
        self.output.append(text)
        self.position += length
        self.repeatable = repeatable

    def plain(self, character: str) -> None:
        multiline, dot_all = "m" in self.flags[-1], "s" in self.flags[-1]
        translated = {
            "|": "|",
            ".": r"(?s:.)" if dot_all else r"[^\n]",
            "^": r"(?m:^)" if multiline else r"\A",
            "$": r"(?m:$)" if multiline else r"\Z",
        }
        text = translated.get(character) or re.escape(character)
        # Flags of an alternation's branch reach over the branches after it.
        self.emit(text, 1, repeatable=character != "|")

    def escape(self) -> None:
        rest = self.pattern[self.position + 1 :]
        if not rest:
            raise self.refuse("trailing backslash")
        kind = rest[0]
        if kind == "Q":
            quoted, _, _ = rest[1:].partition(r"\E")
            length = len(quoted) + 2 + (2 if r"\E" in rest else 0)
            self.emit(re.escape(quoted), length, repeatable=bool(quoted))
        elif kind in "AbBz":
            self.emit("\\" + kind.replace("z", "Z"), 2)
        elif kind.lower() in _PERL:
            negation = "^" if kind.isupper() else ""
            self.emit(f"[{negation}{_PERL[kind.lower()]}]", 2)
        else:
            code, length = self.code_point()
            self.emit(re.escape(chr(code)), length)

    def code_point(self) -> tuple[int, int]:
        """The character that the escape at hand stands for, and the length of the escape."""
        rest = self.pattern[self.position :]
        kind = rest[1:2]
        hexadecimal = _HEX.match(rest)
        if hexadecimal:
            code = int(hexadecimal[1] or hexadecimal[2], 16)
            if code > 0x10FFFF:
                raise self.refuse(f"no such character: {hexadecimal.group()}")
            return code, hexadecimal.end()
        if kind in _CONTROLS:
            return _CONTROLS[kind], 2
        octal = re.match(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})", rest)
        if octal:
            return int(octal[1], 8), octal.end()
        if kind in ("p", "P", "C"):
            raise UnsupportedError(f"'\\{kind}' in a pattern")
        if kind and kind.isascii() and not kind.isalnum():
            return ord(kind), 2
        raise self.refuse(f"'\\{kind}' is not an escape of RE2")

    def character_class(self) -> None:
        start = self.position
        self.position += 1
        negated = self.pattern.startswith("^", self.position)
        self.position += negated
        pieces: list[str] = []
        first = True
        while True:
            if self.position >= len(self.pattern):
                raise self.refuse(f"missing closing ]: {self.pattern[start:]}")
            if self.pattern[self.position] == "]" and not first:
                break
            first = False
            pieces.append(self.class_item())
        self.emit(f"[{'^' if negated else ''}{''.join(pieces)}]", 1)

    def class_item(self) -> str:
        rest = self.pattern[self.position :]
        name = _CLASS_NAME.match(rest)
        if name:
            if name[2] not in _POSIX:
                raise self.refuse(f"there is no class {name.group()}")
            if name[1]:
                raise UnsupportedError(f"{name.group()} in a pattern")
            self.position += name.end()
            return _POSIX[name[2]]
        if rest[0] == "\\" and rest[1:2].lower() in _PERL:
            if rest[1].isupper():
                if rest[1] == "S":
                    raise UnsupportedError(r"'\S' inside a class")
                self.position += 2
                return "\\" + rest[1]
            self.position += 2
            return _PERL[rest[1]]
        low = self.class_character()
        following = self.pattern[self.position : self.position + 2]
        if following[:1] == "-" and len(following) == 2 and following[1] != "]":
            self.position += 1
            high = self.class_character()
            if high < low:
                raise self.refuse("a range in a class runs backwards")
            return f"{re.escape(chr(low))}-{re.escape(chr(high))}"
        return re.escape(chr(low))

    def class_character(self) -> int:
        character = self.pattern[self.position]
        if character != "\\":
            self.position += 1
            return ord(character)
        code, length = self.code_point()
        self.position += length
        return code

    def open(self) -> None:
        rest = self.pattern[self.position :]
        if not rest.startswith("(?"):
            self.enter("(", 1, self.flags[-1])
            return
        group = _GROUP.match(rest)
        if group is None:
            raise self.refuse(f"{rest[:3]!r} is not a group that RE2 knows")
        if group["name"]:
            self.enter(f"(?P<{group['name']}>", group.end(), self.flags[-1])
            return
        flags, scope = self.changed(group["flags"])
        if group["end"] == ":":
            self.enter(f"(?{scope}:", group.end(), flags)
            return
        # "(?i)" holds to the end of the group around it.
        if "|" in self.rest_of_group(group.end()):
            raise UnsupportedError("flags in the middle of a pattern with alternatives")
        self.flags[-1] = flags
        self.extra[-1] += 1
        self.emit(f"(?{scope}:", group.end(), repeatable=False)

    def rest_of_group(self, skip: int) -> str:
        # At the very start the flags cover all alternatives, as a group around them does.
        return self.pattern[self.position + skip :] if self.position else ""

    def changed(self, text: str) -> tuple[set[str], str]:
        """The flags after "i-s" is applied, and what of it Python must be told."""
        on, _, off = text.partition("-")
        for flag in on + off:
            if flag == "U":
                raise UnsupportedError("(?U) in a pattern")
            if flag not in "ims":
                raise self.refuse(f"there is no flag {flag!r}")
        self.folds = self.folds or "i" in on
        flags = (self.flags[-1] | set(on)) - set(off)
        return flags, ("i" if "i" in on else "-i" if "i" in off and "i" in self.flags[-1] else "")

    def enter(self, text: str, length: int, flags: set[str]) -> None:
        self.flags.append(set(flags))
        self.extra.append(0)
        self.emit(text, length, repeatable=False)

    def close(self) -> None:
        if len(self.flags) == 1:
            raise self.refuse("unexpected )")
        self.flags.pop()
        self.emit(")" * (self.extra.pop() + 1), 1)

    def repeat(self, operator: str) -> None:
        if not self.repeatable:
            raise self.refuse(f"nothing to repeat before {operator!r}")
        self.quantifier(operator, 1)

    def braces(self) -> None:
        counted = _REPEAT.match(self.pattern, self.position)
        if counted is None:
            self.emit(r"\{", 1)
            return
        low, high = int(counted[1]), int(counted[3] or counted[1])
        if not self.repeatable or low > 1000 or high > 1000 or high < low:
            raise self.refuse(f"bad repetition {counted.group()}")
        self.quantifier(counted.group(), len(counted.group()))

    def quantifier(self, text: str, length: int) -> None:
        lazy = self.pattern.startswith("?", self.position + length)
        self.emit(text + ("?" if lazy else ""), length + lazy, repeatable=False)
