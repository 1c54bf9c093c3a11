from __future__ import annotations

import pytest
from local_aws.control_plane.extensions.cloudwatch.alarm_rule import RuleError, parse

STATES = {"up": "OK", "down": "ALARM", "new": "INSUFFICIENT_DATA", "a b": "ALARM", "AND": "ALARM"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRUE", True),
        ("FALSE", False),
        ("ALARM(down)", True),
        ("ALARM(up)", False),
        ("OK(up)", True),
        ("INSUFFICIENT_DATA(new)", True),
        ('ALARM("a b")', True),
        ('ALARM("AND")', True),
        ("ALARM(arn:aws:cloudwatch:eu-west-1:111111111111:alarm:down)", True),
        ("NOT ALARM(down)", False),
        ("NOT NOT ALARM(down)", True),
        ("NOT (ALARM(down) AND OK(down))", True),
        ("ALARM(up) OR ALARM(down)", True),
        ("ALARM(up) AND ALARM(down)", False),
        ("ALARM(down) OR ALARM(up) AND ALARM(up)", True),
        ("(ALARM(down) OR ALARM(up)) AND ALARM(up)", False),
        ("NOT ALARM(up) AND ALARM(down)", True),
        ("  ALARM( down )\n\tAND\nTRUE ", True),
        ("AT_LEAST(2, ALARM, (up, down, new, down))", True),
        ("AT_LEAST(2, ALARM, (up, down, new))", False),
        ("AT_LEAST(2, NOT ALARM, (up, down, new))", True),
        ("AT_LEAST(50%, ALARM, (up, down))", True),
        ("AT_LEAST(51%, ALARM, (up, down))", False),
    ],
)
def test_a_rule_evaluates_to_true_or_false(text: str, expected: bool) -> None:
    assert parse(text).holds(STATES.__getitem__) is expected


def test_a_rule_lists_the_alarms_that_it_names() -> None:
    rule = parse('ALARM(a) AND NOT (OK("b c") OR AT_LEAST(1, OK, (d, e))) AND TRUE')
    assert list(rule.alarms) == ["a", "b c", "d", "e"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "must not be empty"),
        ("TRUE AND" + " " * 10_240, "longer than 10240"),
        ("ALARM(a", "not valid at its end"),
        ("ALARM()", "character 7"),
        ("ALARM(a) ALARM(b)", "character 10"),
        ("ALARM(a) AND", "not valid at its end"),
        ("alarm(a)", "character 1"),
        ('"ALARM"(a)', "character 1"),
        ('ALARM("a)', "character 7"),
        ("(ALARM(a)", "not valid at its end"),
        ("ALARM(a))", "character 9"),
        ("NOTALARM(a)", "character 1"),
        ("TRUE ORTRUE", "character 6"),
        ("AT_LEAST(3, ALARM, (a, b))", "takes 1 to 2 of 2 alarms"),
        ("AT_LEAST(0, ALARM, (a))", "takes 1 to 1"),
        ("AT_LEAST(101%, ALARM, (a))", "takes 1 to 100"),
        ("AT_LEAST(x, ALARM, (a))", "character 10"),
        ("AT_LEAST(1, UP, (a))", "character 13"),
    ],
)
def test_an_invalid_rule_is_refused_with_the_place(text: str, expected: str) -> None:
    with pytest.raises(RuleError, match=expected):
        parse(text)
