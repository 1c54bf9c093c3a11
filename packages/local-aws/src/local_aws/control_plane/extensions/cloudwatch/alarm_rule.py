"""Parser and evaluation of the AlarmRule of a composite alarm.

Source: CloudWatch API reference, PutCompositeAlarm, AlarmRule; CloudWatch user guide, "Create a
composite alarm" (AT_LEAST).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

StateOf = Callable[[str], str]
"""Returns the state of an alarm by its name: ``ALARM``, ``OK`` or ``INSUFFICIENT_DATA``."""

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
MAX_LENGTH = 10_240

_TOKEN = re.compile(r'\s*(?:(?P<mark>[(),])|"(?P<quoted>(?:[^"\\]|\\.)+)"|(?P<word>[^\s(),"]+))')
_ARN = re.compile(r"arn:[^:]+:cloudwatch:[^:]*:\d{12}:alarm:(?P<name>.+)")
_COUNT = re.compile(r"(?P<number>\d+)(?P<percent>%?)")


class RuleError(ValueError):
    """CloudWatch would refuse the rule; the text says where."""


@dataclass(frozen=True, slots=True)
class Constant:
    value: bool

    def alarms(self) -> Iterator[str]:
        return iter(())

    def holds(self, _: StateOf) -> bool:
        return self.value


@dataclass(frozen=True, slots=True)
class InState:
    """A condition like ``ALARM(name)``."""

    state: str
    alarm: str

    def alarms(self) -> Iterator[str]:
        yield self.alarm

    def holds(self, state_of: StateOf) -> bool:
        return state_of(self.alarm) == self.state


@dataclass(frozen=True, slots=True)
class Not:
    rule: Rule

    def alarms(self) -> Iterator[str]:
        return self.rule.alarms()

    def holds(self, state_of: StateOf) -> bool:
        return not self.rule.holds(state_of)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least ``count`` of the rules must hold: all of them for AND, one for OR."""

    count: int
    rules: tuple[Rule, ...]

    def alarms(self) -> Iterator[str]:
        for rule in self.rules:
            yield from rule.alarms()

    def holds(self, state_of: StateOf) -> bool:
        return sum(rule.holds(state_of) for rule in self.rules) >= self.count


Rule = Constant | InState | Not | AtLeast


def parse(text: str) -> Rule:
    """Raises RuleError."""
    if not text.strip():
        raise RuleError("AlarmRule must not be empty")
    if len(text) > MAX_LENGTH:
        raise RuleError(f"AlarmRule must not be longer than {MAX_LENGTH} characters")
    parser = _Parser(tuple(_tokens(text)))
    rule = parser.disjunction()
    parser.end()
    return rule


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    is_name: bool  # quoted, so it is not a keyword


def _tokens(text: str) -> Iterator[_Token]:
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise RuleError(f"AlarmRule is not valid at character {position + 1}")
        position = match.end()
        quoted = match["quoted"]
        if quoted is not None:
            yield _Token(re.sub(r"\\(.)", r"\1", quoted), is_name=True)
        else:
            yield _Token(match["mark"] or match["word"], is_name=False)


class _Parser:
    """Recursive descent; NOT binds tighter than AND, and AND tighter than OR."""

    def __init__(self, tokens: tuple[_Token, ...]) -> None:
        self._tokens = tokens
        self._next = 0

    def disjunction(self) -> Rule:
        rules = [self._conjunction()]
        while self._take("OR"):
            rules.append(self._conjunction())
        return rules[0] if len(rules) == 1 else AtLeast(1, tuple(rules))

    def end(self) -> None:
        if self._next < len(self._tokens):
            raise RuleError(f"AlarmRule has {self._tokens[self._next].text!r} after its end")

    def _conjunction(self) -> Rule:
        rules = [self._operand()]
        while self._take("AND"):
            rules.append(self._operand())
        return rules[0] if len(rules) == 1 else AtLeast(len(rules), tuple(rules))

    def _operand(self) -> Rule:
        if self._take("NOT"):
            return Not(self._operand())
        if self._take("("):
            rule = self.disjunction()
            self._expect(")")
            return rule
        if self._take("TRUE"):
            return Constant(True)
        if self._take("FALSE"):
            return Constant(False)
        if self._take("AT_LEAST"):
            return self._at_least()
        state = self._state()
        self._expect("(")
        rule = InState(state, self._name())
        self._expect(")")
        return rule

    def _at_least(self) -> Rule:
        self._expect("(")
        count = _COUNT.fullmatch(self._next_token("a number"))
        self._expect(",")
        negated = self._take("NOT")
        state = self._state()
        self._expect(",")
        self._expect("(")
        names = [self._name()]
        while self._take(","):
            names.append(self._name())
        self._expect(")")
        self._expect(")")
        wanted = 0 if count is None else int(count["number"])
        most = 100 if count is not None and count["percent"] else len(names)
        if not 1 <= wanted <= most:
            raise RuleError(f"AT_LEAST in AlarmRule takes 1 to {most} of {len(names)} alarms")
        if count is not None and count["percent"]:
            wanted = math.ceil(len(names) * wanted / 100)
        rules = [InState(state, name) for name in names]
        return AtLeast(wanted, tuple(Not(rule) if negated else rule for rule in rules))

    def _state(self) -> str:
        word = self._next_token("an alarm's state")
        if word not in STATES or self._tokens[self._next - 1].is_name:
            raise RuleError(f"AlarmRule has {word!r} where an alarm's state must stand")
        return word

    def _name(self) -> str:
        name = self._next_token("an alarm")
        if name in {"(", ")", ","}:
            raise RuleError(f"AlarmRule has {name!r} where an alarm must stand")
        arn = _ARN.fullmatch(name)
        return arn["name"] if arn else name

    def _next_token(self, expected: str) -> str:
        if self._next == len(self._tokens):
            raise RuleError(f"AlarmRule ends where {expected} must stand")
        self._next += 1
        return self._tokens[self._next - 1].text

    def _take(self, text: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == _Token(
            text, is_name=False
        ):
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            found = self._next_token(repr(text))
            raise RuleError(f"AlarmRule has {found!r} where {text!r} must stand")
