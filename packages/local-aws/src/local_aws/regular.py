"""Regular expressions whose time is bounded by the length of the text, whatever the pattern.

All possible matches are followed at once, one step a character (Thompson's construction, with the
places of groups as Pike added them), so nothing is tried twice. What such a search cannot do, AWS
does not offer either: lookaround, back references, atomic groups and possessive quantifiers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

# The tree that `re` itself compiles from: to parse once more would be to differ somewhere.
_parser: Any = import_module("re._parser")

_MAX_INSTRUCTIONS = 4_000
_MAX_STEPS = 200_000
"""A tenth of a second: more than any sane pattern takes for the longest path."""


class PatternError(ValueError):
    """The pattern is no regular expression, or asks for what AWS does not offer."""


class TooLongError(Exception):
    """The search was given up: the text is too long for so large a pattern."""


@dataclass(frozen=True, slots=True)
class _Character:
    """Goes on where the next character passes the test."""

    test: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Place:
    """Goes on where the place between two characters passes the test; takes no character."""

    test: Callable[[str, int], bool]


@dataclass(frozen=True, slots=True)
class _Save:
    slot: int


@dataclass(frozen=True, slots=True)
class _Split:
    """Both ways are possible; the first is preferred."""

    first: int
    second: int


_Instruction = _Character | _Place | _Save | _Split | None
"""None is the end: a match."""

_Slots = tuple[int | None, ...]


class Expression:
    """A compiled pattern. Raises PatternError."""

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        flags = re.IGNORECASE if ignore_case else 0
        try:
            tree = _parser.parse(pattern, flags)
        except (re.error, RecursionError, OverflowError) as error:
            raise PatternError(f"{pattern!r} is no regular expression: {error}") from error
        self.groups = int(tree.state.groups) - 1
        compiler = _Compiler(bool(tree.state.flags & re.IGNORECASE))
        compiler.sequence(tree)
        self._program: list[_Instruction] = [*compiler.program, None]
        self._slots = 2 * self.groups

    def search(self, text: str) -> tuple[str, ...] | None:
        """The first match: what it is, then what each of its groups is ("" for one without a part).

        None where there is none. Raises TooLongError.
        """
        found = self._find(text)
        if found is None:
            return None
        begin, end, slots = found
        groups = zip(slots[::2], slots[1::2], strict=True)
        return text[begin:end], *(text[first:last] if last else "" for first, last in groups)

    def replace(self, text: str, template: str) -> str | None:
        """With the first match replaced; ``$1`` to ``$9`` stand for its groups.

        None where there is no match. Raises TooLongError, PatternError for a group that is not
        there.
        """
        found = self._find(text)
        if found is None:
            return None
        begin, end, slots = found

        def group(reference: re.Match[str]) -> str:
            number = int(reference[1])
            if not 1 <= number <= self.groups:
                raise PatternError(f"there is no group {number}")
            first, last = slots[2 * number - 2 : 2 * number]
            return text[first:last] if last is not None else ""

        return text[:begin] + re.sub(r"\$([0-9])", group, template) + text[end:]

    def _find(self, text: str) -> tuple[int, int, _Slots] | None:
        empty: _Slots = (None,) * self._slots
        threads: list[tuple[int, int, _Slots]] = []
        found: tuple[int, int, _Slots] | None = None
        steps = 0
        for place in range(len(text) + 1):
            seen: set[int] = set()
            following: list[tuple[int, int, _Slots]] = []
            # In order of preference: an earlier beginning first, a new one last.
            if found is None:
                threads.append((0, place, empty))
            for pointer, begin, slots in threads:
                steps += self._follow(pointer, begin, slots, text, place, seen, following)
            if steps > _MAX_STEPS:
                raise TooLongError
            threads = []
            for pointer, begin, slots in following:
                instruction = self._program[pointer]
                if instruction is None:
                    found = (begin, place, slots)
                    break  # those after it are less preferred
                taken = text[place : place + 1]
                if taken and isinstance(instruction, _Character) and instruction.test(taken):
                    threads.append((pointer + 1, begin, slots))
            if not threads and found is not None:
                break
        return found

    def _follow(  # noqa: PLR0913, PLR0917 - the innermost loop
        self,
        pointer: int,
        begin: int,
        slots: _Slots,
        text: str,
        place: int,
        seen: set[int],
        following: list[tuple[int, int, _Slots]],
    ) -> int:
        """Add where a thread can be without taking a character; how many steps that took."""
        stack = [(pointer, slots)]
        steps = 0
        while stack:
            pointer, slots = stack.pop()
            steps += 1
            if pointer in seen:
                continue
            seen.add(pointer)
            match self._program[pointer]:
                case _Split(first, second):
                    stack += [(second, slots), (first, slots)]
                case _Save(slot):
                    stack.append((pointer + 1, (*slots[:slot], place, *slots[slot + 1 :])))
                case _Place(test):
                    if test(text, place):
                        stack.append((pointer + 1, slots))
                case _:
                    following.append((pointer, begin, slots))
        return steps


@lru_cache(maxsize=256)
def expression(pattern: str, ignore_case: bool = False) -> Expression:
    """Compiled once. Raises PatternError."""
    return Expression(pattern, ignore_case=ignore_case)


class _Compiler:
    def __init__(self, ignore_case: bool) -> None:
        self.program: list[_Instruction] = []
        self._ignore_case = ignore_case
        self._parts = 0

    def sequence(self, tree: Any) -> None:
        self._parts += 1
        for operation, argument in tree:
            self._one(str(operation), argument)
            if max(len(self.program), self._parts) > _MAX_INSTRUCTIONS:
                raise PatternError("the regular expression is too large")

    def _one(self, operation: str, argument: Any) -> None:
        match operation:
            case "BRANCH":
                self._branch(argument[1])
            case "MAX_REPEAT" | "MIN_REPEAT":
                self._repeat(*argument, greedy=operation == "MAX_REPEAT")
            case "SUBPATTERN":
                self._group(*argument)
            case "AT":
                self.program.append(_Place(_place_test(str(argument))))
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                test = _character_test(operation, argument)
                self.program.append(_Character(_either(test) if self._ignore_case else test))
            case _:
                name = operation.lower().replace("_", " ")
                raise PatternError(f"a regular expression of a rule has no {name}")

    def _branch(self, branches: list[Any]) -> None:
        ends = []
        for branch in branches[:-1]:
            split = self._reserve()
            self.sequence(branch)
            ends.append(self._reserve())
            self.program[split] = _Split(split + 1, len(self.program))
        self.sequence(branches[-1])
        for end in ends:
            self.program[end] = _Split(len(self.program), len(self.program))

    def _repeat(self, least: int, most: Any, body: Any, *, greedy: bool) -> None:
        for _ in range(least):
            self.sequence(body)
        if str(most) == "MAXREPEAT":
            split = self._reserve()
            self.sequence(body)
            self.program.append(_Split(split, split))
            self.program[split] = self._fork(split + 1, len(self.program), greedy)
            return
        splits = []
        for _ in range(int(most) - least):
            splits.append(self._reserve())
            self.sequence(body)
        for split in splits:
            self.program[split] = self._fork(split + 1, len(self.program), greedy)

    def _group(self, number: int | None, added: int, removed: int, body: Any) -> None:
        if added & ~re.IGNORECASE or removed:
            raise PatternError("a regular expression of a rule has no flags within")
        outer, self._ignore_case = self._ignore_case, self._ignore_case or bool(added)
        if number is not None:
            self.program.append(_Save(2 * number - 2))
        self.sequence(body)
        if number is not None:
            self.program.append(_Save(2 * number - 1))
        self._ignore_case = outer

    def _reserve(self) -> int:
        self.program.append(None)
        return len(self.program) - 1

    @staticmethod
    def _fork(body: int, after: int, greedy: bool) -> _Split:
        return _Split(body, after) if greedy else _Split(after, body)


def _character_test(operation: str, argument: Any) -> Callable[[str], bool]:
    match operation:
        case "LITERAL":
            return chr(argument).__eq__
        case "NOT_LITERAL":
            return chr(argument).__ne__
        case "ANY":
            return "\n".__ne__
    negated = str(argument[0][0]) == "NEGATE"
    tests = [_member_test(str(kind), value) for kind, value in argument[negated:]]
    return lambda character: any(test(character) for test in tests) is not negated


def _member_test(kind: str, value: Any) -> Callable[[str], bool]:
    match kind:
        case "LITERAL":
            return chr(value).__eq__
        case "RANGE":
            first, last = map(chr, value)
            return lambda character: first <= character <= last
    expression = {"DIGIT": "[0-9]", "SPACE": r"[\t\n\f\r ]", "WORD": "[0-9A-Za-z_]"}
    name = str(value).removeprefix("CATEGORY_")
    within = re.compile(expression[name.removeprefix("NOT_")])
    expected = not name.startswith("NOT_")
    return lambda character: (within.match(character) is not None) is expected


def _either(test: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda character: test(character.lower()) or test(character.upper())


def _place_test(kind: str) -> Callable[[str, int], bool]:
    def is_boundary(text: str, place: int) -> bool:
        return _is_word(text, place - 1) != _is_word(text, place)

    match kind:
        case "AT_BEGINNING" | "AT_BEGINNING_STRING":
            return lambda _, place: place == 0
        case "AT_END" | "AT_END_STRING":
            return lambda text, place: place == len(text)
        case "AT_BOUNDARY":
            return is_boundary
    return lambda text, place: not is_boundary(text, place)


def _is_word(text: str, place: int) -> bool:
    return 0 <= place < len(text) and re.match(r"[0-9A-Za-z_]", text[place]) is not None
