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
def test_a_rule_comes_to_what_its_alarms_say(text: str, expected: bool) -> None:
    assert parse(text).holds(STATES.__getitem__) is expected


def test_a_rule_knows_the_alarms_it_names() -> None:
    rule = parse('ALARM(a) AND NOT (OK("b c") OR AT_LEAST(1, OK, (d, e))) AND TRUE')
    assert list(rule.alarms()) == ["a", "b c", "d", "e"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "must not be empty"),
        ("TRUE AND" + " " * 10_240, "longer than 10240"),
        ("ALARM(a", "ends where '\\)' must stand"),
        ("ALARM()", "'\\)' where an alarm must stand"),
        ("ALARM(a) ALARM(b)", "'ALARM' after its end"),
        ("ALARM(a) AND", "ends where an alarm's state must stand"),
        ("alarm(a)", "'alarm' where an alarm's state"),
        ('"ALARM"(a)', "'ALARM' where an alarm's state"),
        ('ALARM("a)', "not valid at character 7"),
        ("(ALARM(a)", "ends where '\\)'"),
        ("ALARM(a))", "'\\)' after its end"),
        ("AT_LEAST(3, ALARM, (a, b))", "takes 1 to 2 of 2 alarms"),
        ("AT_LEAST(0, ALARM, (a))", "takes 1 to 1"),
        ("AT_LEAST(101%, ALARM, (a))", "takes 1 to 100"),
        ("AT_LEAST(x, ALARM, (a))", "takes 1 to 1"),
        ("AT_LEAST(1, UP, (a))", "'UP' where an alarm's state"),
    ],
)
def test_what_is_no_rule_is_refused_and_says_where(text: str, expected: str) -> None:
    with pytest.raises(RuleError, match=expected):
        parse(text)
