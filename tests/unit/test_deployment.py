from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from local_aws.errors import CloudError
from local_aws.local import LocalCloud
from moto import mock_aws

from terrarium import deployment, settings
from terrarium.deployment import Deployment
from terrarium.errors import BusyError, IdentityError
from terrarium.identity import Account
from terrarium.journal import Journal
from terrarium.targets import Kind, Target
from terrarium.terraform.state import States


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


def test_who_only_reads_may_do_so_while_another_task_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    monkeypatch.setattr(LocalCloud, "url", lambda _: "http://127.0.0.1:9")
    with Journal(tmp_path).changing("apply of dev"):
        assert deployment.start_local(reads=True).endpoint_url == "http://127.0.0.1:9"
        with pytest.raises(BusyError, match="apply of dev"):
            deployment.start_local()


def test_nobody_but_who_is_at_work_starts_the_cloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    with (
        Journal(tmp_path).changing("apply of dev"),
        pytest.raises(CloudError, match="the AWS inside the machine does not run"),
    ):
        deployment.start_local(reads=True)


def test_bootstrap_says_what_it_did_or_that_nothing_was_needed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = settings.environment("dev")

    def bootstrap(*, update: bool = True) -> str:
        backend = {"bucket": "states", "key": "k", "region": "eu-west-1"}
        account = Account("123456789012", "eu-west-1", None, is_protected=False)
        states = States(environment, {"network": backend}, {})
        resolved = Deployment(environment, account, Target(Kind.AWS, None), {}, states)
        deployment.bootstrap(resolved, update=update)
        return capsys.readouterr().err

    assert bootstrap().startswith("ok made the state bucket states: no public access, TLS only,")
    assert bootstrap() == "the state bucket states has all it needs; nothing was changed\n"
    assert bootstrap(update=False) == ""
    client = boto3.client("s3", region_name="eu-west-1")
    client.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Suspended"})
    assert bootstrap() == "ok the state bucket states was given: versioning\n"
