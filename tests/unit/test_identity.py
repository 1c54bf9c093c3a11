from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from terrarium.errors import IdentityError
from terrarium.identity import Account, verify
from terrarium.targets import Kind, Target

AWS = Target(Kind.AWS, None)
FILE = Path("live/dev/env.hcl")
MOTO_ACCOUNT = "123456789012"


def account(account_id: str, deploy_role: str | None = None) -> Account:
    return Account(account_id, "us-east-1", deploy_role, is_protected=False)


def check(expected: Account) -> None:
    verify(expected, AWS, os.environ, FILE)


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield


def test_credentials_of_the_named_account_pass(credentials: None) -> None:
    check(account(MOTO_ACCOUNT))


def test_a_deploy_role_of_the_account_passes(credentials: None) -> None:
    role = "arn:aws:iam::111111111111:role/deploy"
    check(account("111111111111", role))


def test_a_deploy_role_of_another_account_is_refused(credentials: None) -> None:
    role = "arn:aws:iam::333333333333:role/deploy"
    with pytest.raises(IdentityError, match="belong to account 333333333333"):
        check(account("111111111111", role))


def test_missing_credentials_are_reported_with_the_way_to_log_in() -> None:
    with pytest.raises(IdentityError, match="cannot find out which account") as refused:
        check(account("111111111111"))
    assert "aws sso login" in str(refused.value.hint)
