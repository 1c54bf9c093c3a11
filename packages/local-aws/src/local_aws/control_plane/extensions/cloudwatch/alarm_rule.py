"""Parser and evaluation of the AlarmRule of a composite alarm.

Source: CloudWatch API reference, PutCompositeAlarm, AlarmRule; CloudWatch user guide, "Create a
composite alarm" (AT_LEAST).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

StateOf = Callable[[str], str]
"""Returns the state of an alarm by its name: ``ALARM``, ``OK`` or ``INSUFFICIENT_DATA``."""

MAX_LENGTH = 10_240

_ARN = re.compile(r"arn:[^:]+:cloudwatch:[^:]*:\d{12}:alarm:(?P<name>.+)")
_GRAMMAR = r"""
    ?start: conjunction (OR conjunction)*           -> disjunction
    ?conjunction: operand (AND operand)*
    ?operand: NOT operand                           -> negation
        | "(" start ")"
        | TRUE                                      -> true
        | FALSE                                     -> false
        | STATE "(" name ")"                        -> in_state
        | AT_LEAST "(" COUNT "," [NOT] STATE "," "(" name ("," name)* ")" ")"  -> at_least
    name: QUOTED | NAME

    COUNT: /\d+%?/
    NAME: /[^\s(),"]+/
    QUOTED: /"(?:[^"\\]|\\.)+"/
    STATE: /(ALARM|OK|INSUFFICIENT_DATA)(?![^\s(),"])/
    AND: /AND(?![^\s(),"])/
    AT_LEAST: /AT_LEAST(?![^\s(),"])/
    FALSE: /FALSE(?![^\s(),"])/
    NOT: /NOT(?![^\s(),"])/
    OR: /OR(?![^\s(),"])/
    TRUE: /TRUE(?![^\s(),"])/
    %ignore /\s+/
"""


class RuleError(ValueError):
    """CloudWatch would refuse the rule; the text says where."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``alarms`` are the names in the rule, ``holds`` evaluates it."""

    alarms: tuple[str, ...]
    holds: Callable[[StateOf], bool]


def parse(text: str) -> Rule:
    """Raises RuleError."""
    if not text.strip():
        raise RuleError("AlarmRule must not be empty")
    if len(text) > MAX_LENGTH:
        raise RuleError(f"AlarmRule must not be longer than {MAX_LENGTH} characters")
    try:
        rule: Rule = _PARSER.parse(text)  # type: ignore[assignment] # of the transformer
    except UnexpectedInput as error:
        is_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        place = "its end" if is_end else f"character {(error.pos_in_stream or 0) + 1}"
        raise RuleError(f"AlarmRule is not valid at {place}") from error
    except VisitError as error:
        raise error.orig_exc from error
    return rule


@v_args(inline=True)
class _Rules(Transformer[Token, Rule]):
    def true(self, _: Token) -> Rule:
        return Rule((), lambda _: True)

    def false(self, _: Token) -> Rule:
        return Rule((), lambda _: False)

    def in_state(self, state: Token, name: str) -> Rule:
        return Rule((name,), lambda state_of: state_of(name) == state)

    def negation(self, _: Token, rule: Rule) -> Rule:
        return Rule(rule.alarms, lambda state_of: not rule.holds(state_of))

    def disjunction(self, *parts: Rule | Token) -> Rule:
        return _at_least(1, parts)

    def conjunction(self, *parts: Rule | Token) -> Rule:
        return _at_least(len(parts) // 2 + 1, parts)

    def at_least(
        self, _: Token, count: Token, negated: Token | None, state: Token, *names: str
    ) -> Rule:
        wanted, most = int(count.rstrip("%")), 100 if count.endswith("%") else len(names)
        if not 1 <= wanted <= most:
            raise RuleError(f"AT_LEAST in AlarmRule takes 1 to {most} of {len(names)} alarms")
        if count.endswith("%"):
            wanted = math.ceil(len(names) * wanted / 100)
        rules = [self.in_state(state, name) for name in names]
        return _at_least(
            wanted, [self.negation(negated, each) if negated else each for each in rules]
        )

    def name(self, token: Token) -> str:
        name = re.sub(r"\\(.)", r"\1", token[1:-1]) if token.type == "QUOTED" else str(token)
        arn = _ARN.fullmatch(name)
        return arn["name"] if arn else name


def _at_least(count: int, parts: Sequence[Rule | Token]) -> Rule:
    """Return a rule that holds if ``count`` of the rules hold: all of them for AND, one for OR."""
    rules = [part for part in parts if isinstance(part, Rule)]
    alarms = tuple(name for rule in rules for name in rule.alarms)
    return Rule(alarms, lambda state_of: sum(rule.holds(state_of) for rule in rules) >= count)


_PARSER = Lark(_GRAMMAR, parser="lalr", transformer=_Rules())
