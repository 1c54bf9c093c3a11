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


class StartedError(Exception):
    """Raised where Terragrunt would start."""


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve every environment to the requested target, without AWS."""

    def resolved(env: Environment, requested: str, **_: object) -> Deployment:
        endpoint = None if requested == "aws" else "http://127.0.0.1:9"
        account = Account("222222222222", "eu-west-1", None, is_protected=env.name == "prod")
        return Deployment(env, account, Target(Kind(requested), endpoint), {}, States(env, {}, {}))

    def run(*_: object, **__: object) -> None:
        raise StartedError

    monkeypatch.setattr(deployment, "resolve", resolved)
    monkeypatch.setattr(deployment, "run", run)
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))


def test_applying_prod_on_aws_needs_a_confirmation(resolve: None) -> None:
    with pytest.raises(UsageError, match="refusing to apply to prod on AWS") as refused:
        verbs.apply("prod", "aws", None, yes=False)
    assert refused.value.hint == "add --yes"


def test_yes_confirms(resolve: None) -> None:
    with pytest.raises(StartedError):
        verbs.apply("prod", "aws", None, yes=True)
    with pytest.raises(StartedError):
        verbs.destroy("prod", "local", None, yes=True)


def test_applying_dev_on_aws_or_prod_locally_needs_no_confirmation(resolve: None) -> None:
    with pytest.raises(StartedError):
        verbs.apply("dev", "aws", None, yes=False)
    with pytest.raises(StartedError):
        verbs.apply("prod", "local", None, yes=False)


def test_destroying_prod_needs_a_confirmation_on_every_target(resolve: None) -> None:
    for target in ("aws", "local"):
        with pytest.raises(UsageError, match="refusing to destroy prod/storage"):
            verbs.destroy("prod", target, "storage", yes=False)


def test_an_unknown_unit_is_refused_first(resolve: None) -> None:
    with pytest.raises(UsageError, match="unknown unit 'db'"):
        verbs.plan("dev", "local", "db")
    assert environment("dev").units
