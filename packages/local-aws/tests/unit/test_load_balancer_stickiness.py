from __future__ import annotations

import pytest
from local_aws.load_balancer import stickiness
from local_aws.load_balancer.configuration import Forward, TargetGroup, WeightedGroup
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.rules import InvokeFunction
from local_aws_tests.load_balancer_models import FUNCTION, decide, listener, request, rule

NOW = 1_700_000_000.0
GROUPS = tuple(
    WeightedGroup(f"arn:{name}", weight, TargetGroup(f"arn:{name}", "lambda", (FUNCTION,)))
    for name, weight in (("blue", 1), ("green", 0))
)


def cookies(group: str, seconds: int = 60, *, secure: bool = False) -> dict[str, str]:
    """Set-Cookie values by the name of the cookie."""
    given = stickiness.cookie_headers(group, seconds, NOW, secure=secure)
    return {value.partition("=")[0]: value for _, value in given}


def returning(cookie: str) -> Request:
    """A request with this cookie among others."""
    return request(headers=(("cookie", f"a=1; {cookie.partition(';')[0]}"), ("cookie", "b=2")))


@pytest.mark.parametrize("name", ["AWSALBTG", "AWSALBTGCORS"])
def test_either_cookie_selects_its_group(name: str) -> None:
    sent = returning(cookies("arn:green")[name])
    assert stickiness.sticky_group(sent, GROUPS, NOW + 59) == GROUPS[1]


def test_a_cookie_expires_and_selects_only_groups_of_the_rule() -> None:
    sent = returning(cookies("arn:green")["AWSALBTG"])
    assert stickiness.sticky_group(sent, GROUPS, NOW + 60) is None
    assert stickiness.sticky_group(sent, GROUPS[:1], NOW) is None


@pytest.mark.parametrize("value", ["", "nonsense", "////", "AAAA", "é"])
def test_an_invalid_cookie_is_ignored(value: str) -> None:
    assert stickiness.sticky_group(returning(f"AWSALBTG={value}"), GROUPS, NOW) is None


def test_a_changed_cookie_is_ignored() -> None:
    name, value = cookies("arn:green")["AWSALBTG"].partition(";")[0].split("=", 1)
    changed = value[:-4] + ("AAAA" if value[-4:] != "AAAA" else "BBBB")
    assert stickiness.sticky_group(returning(f"{name}={changed}"), GROUPS, NOW) is None


def test_cookies_are_opaque_and_never_repeat() -> None:
    first, second = (cookies("arn:green")["AWSALBTG"] for _ in range(2))
    assert first != second
    assert "green" not in first


def test_the_cors_cookie_is_secure_on_an_https_listener() -> None:
    plain, over_tls = cookies("arn:green"), cookies("arn:green", secure=True)
    expires = "Expires=Tue, 14 Nov 2023 22:14:20 GMT; Path=/"
    assert plain["AWSALBTG"].endswith(f"; {expires}")
    assert plain["AWSALBTGCORS"].endswith(f"; {expires}; SameSite=None")
    assert over_tls["AWSALBTGCORS"].endswith(f"; {expires}; SameSite=None; Secure")


def test_a_cookie_takes_precedence_over_weights() -> None:
    sticky = listener(rule(None, Forward(GROUPS, sticky_seconds=60)))
    sent = returning(cookies("arn:green")["AWSALBTG"])
    new = decide(sticky, request(), 0.5, NOW).outcome
    back = decide(sticky, sent, 0.5, NOW).outcome
    late = decide(sticky, sent, 0.5, NOW + 60).outcome
    assert all(
        isinstance(each, InvokeFunction) and each.sticky_seconds == 60 for each in (new, back, late)
    )
    arns = [each.group.arn for each in (new, back, late) if isinstance(each, InvokeFunction)]
    assert arns == ["arn:blue", "arn:green", "arn:blue"]


def test_without_stickiness_cookies_are_ignored() -> None:
    plain = listener(rule(None, Forward(GROUPS)))
    outcome = decide(plain, returning(cookies("arn:green")["AWSALBTG"]), 0.5, NOW).outcome
    assert isinstance(outcome, InvokeFunction)
    assert outcome.group.arn == "arn:blue"
