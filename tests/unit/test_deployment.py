from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from moto import mock_aws

from terrarium import deployment, settings
from terrarium.errors import IdentityError
from terrarium.targets import Kind


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    """A task replaces the environment variables of its process; a test must not."""
    before = dict(os.environ)
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    with mock_aws():
        yield
    os.environ.clear()
    os.environ.update(before)


def test_credentials_of_another_account_are_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(IdentityError) as refused:
        deployment.resolve(settings.environment("dev"), "aws")
    assert "account 123456789012" in refused.value.message
    assert "live/dev/env.hcl names 111111111111" in refused.value.message
    assert capsys.readouterr().err.startswith(
        "target aws (--target aws), account 111111111111, region eu-west-1"
    )


def test_an_endpoint_that_is_left_over_is_forgotten_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(IdentityError, match="of account 123456789012"):
        deployment.resolve(settings.environment("dev"), "aws")
    assert "AWS_ENDPOINT_URL" not in os.environ


def test_any_credentials_lead_into_the_account_of_an_environment_behind_an_endpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.amazonaws.com")
    resolved = deployment.resolve(settings.environment("prod"), "auto")
    assert resolved.target.kind is Kind.ENDPOINT
    assert resolved.account.account_id == "222222222222"
