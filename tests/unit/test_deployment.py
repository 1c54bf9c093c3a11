from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from local_aws import LocalCloud
from local_aws.errors import CloudError
from moto import mock_aws

from terrarium import deployment, settings
from terrarium.deployment import Deployment
from terrarium.errors import BusyError, IdentityError
from terrarium.identity import Account
from terrarium.journal import Journal
from terrarium.states import States
from terrarium.targets import Kind, Target


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield


def test_credentials_of_another_account_are_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(IdentityError) as refused:
        deployment.resolve(settings.environment("dev"), "aws")
    assert "account 123456789012" in refused.value.message
    assert "live/dev/env.hcl names 111111111111" in refused.value.message
    assert "--target local" in str(refused.value.hint)
    assert capsys.readouterr().err.startswith(
        "target aws (--target aws), account 111111111111, region eu-west-1"
    )


def test_an_endpoint_in_the_environment_is_ignored_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(IdentityError, match="belong to account 123456789012"):
        deployment.resolve(settings.environment("dev"), "aws")


def test_behind_an_endpoint_any_credentials_assume_the_role_of_the_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.amazonaws.com")
    resolved = deployment.resolve(settings.environment("prod"), "auto")
    assert resolved.target.kind is Kind.ENDPOINT
    assert resolved.account.account_id == "222222222222"
    assert resolved.environ["AWS_ENDPOINT_URL"] == "https://sts.amazonaws.com"


def test_resolving_a_target_leaves_the_environment_of_the_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    monkeypatch.setattr(LocalCloud, "url", lambda _: "http://127.0.0.1:9")
    before = dict(os.environ)
    with Journal(tmp_path).changing("apply of dev"):
        resolved = deployment.resolve(settings.environment("dev"), "local", read_only=True)
    assert dict(os.environ) == before
    assert resolved.environ["AWS_ACCESS_KEY_ID"] == "local"


def test_only_a_read_only_task_may_run_while_another_task_changes_the_cloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    monkeypatch.setattr(LocalCloud, "url", lambda _: "http://127.0.0.1:9")
    with Journal(tmp_path).changing("apply of dev"):
        assert deployment.start_local(read_only=True).endpoint_url == "http://127.0.0.1:9"
        with pytest.raises(BusyError, match="apply of dev"):
            deployment.start_local()


def test_a_read_only_task_does_not_start_the_cloud_while_another_task_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    with (
        Journal(tmp_path).changing("apply of dev"),
        pytest.raises(CloudError, match="the local AWS does not run"),
    ):
        deployment.start_local(read_only=True)


def test_bootstrap_prints_what_it_did(
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

    assert bootstrap().startswith("ok created the state bucket states: no public access, TLS only,")
    assert bootstrap() == "the state bucket states is complete; nothing was changed\n"
    assert bootstrap(update=False) == ""
    client = boto3.client("s3", region_name="eu-west-1")
    client.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Suspended"})
    assert bootstrap() == "ok added to the state bucket states: versioning\n"
