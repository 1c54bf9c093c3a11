from __future__ import annotations

import io
import sys

import pytest

from terrarium import deployment, verbs
from terrarium.deployment import Deployment
from terrarium.errors import UsageError
from terrarium.identity import Account
from terrarium.settings import Environment, environment
from terrarium.targets import Kind, Target
from terrarium.terraform.state import States


class BeganError(Exception):
    """The run began: nothing stood in its way."""


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every environment resolves to the target that was asked for, without asking AWS."""

    def resolved(env: Environment, requested: str, **_: object) -> Deployment:
        endpoint = None if requested == "aws" else "http://127.0.0.1:9"
        account = Account("222222222222", "eu-west-1", None, is_protected=env.name == "prod")
        return Deployment(env, account, Target(Kind(requested), endpoint), {}, States(env, {}, {}))

    def run(*_: object, **__: object) -> None:
        raise BeganError

    monkeypatch.setattr(deployment, "resolve", resolved)
    monkeypatch.setattr(deployment, "run", run)
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))


def test_prod_on_aws_is_not_changed_without_a_terminal(resolve: None) -> None:
    with pytest.raises(UsageError, match="refusing to apply to prod on AWS") as refused:
        verbs.apply("prod", "aws", None, yes=False)
    assert refused.value.hint == "add --yes"


def test_yes_answers_the_question(resolve: None) -> None:
    with pytest.raises(BeganError):
        verbs.apply("prod", "aws", None, yes=True)
    with pytest.raises(BeganError):
        verbs.destroy("prod", "local", None, yes=True)


def test_dev_on_aws_and_prod_on_this_machine_are_applied_without_a_question(resolve: None) -> None:
    with pytest.raises(BeganError):
        verbs.apply("dev", "aws", None, yes=False)
    with pytest.raises(BeganError):
        verbs.apply("prod", "local", None, yes=False)


def test_prod_is_destroyed_nowhere_without_a_question(resolve: None) -> None:
    for target in ("aws", "local"):
        with pytest.raises(UsageError, match="refusing to destroy prod/storage"):
            verbs.destroy("prod", target, "storage", yes=False)


def test_a_unit_is_checked_before_anything_else(resolve: None) -> None:
    with pytest.raises(UsageError, match="unknown unit 'db'"):
        verbs.plan("dev", "local", "db")
    assert environment("dev").units
