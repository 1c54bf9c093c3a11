"""``invoke up`` and ``down``, and what happens after something was killed."""

from __future__ import annotations

import os
import signal
import time
import urllib.error

import pytest
from local_aws_tests.accounts import DEV, Account, At, get_json
from mypy_boto3_s3 import S3Client

from terrarium import settings
from tests.access.roles import PROJECT
from tests.e2e.clone import Clone, kill_group

UNITS = settings.environment("dev").units


@pytest.fixture(scope="module", autouse=True)
def initialized(applied: Clone) -> None:
    """Terraform is initialized, which it is not in a copy: ``up`` can compare at once."""
    done = applied.terragrunt("run-all", "init", "--non-interactive")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def s3(applied: Clone) -> S3Client:
    """A client in the account of dev."""
    return Account(At(applied.url()), DEV).s3


def test_down_saves_and_the_next_up_compares_every_unit_and_changes_nothing(
    applied: Clone,
) -> None:
    url = applied.api_url("dev")
    applied.invoke("down")
    assert applied.processes() == []
    with pytest.raises(urllib.error.URLError):
        get_json(f"{url}/health")
    done = applied.invoke("up")
    assert "target local at http://127.0.0.1:" in done.stderr
    assert "account 111111111111, region eu-west-1" in done.stderr
    for unit in UNITS:
        assert f"{unit}: no changes" in done.stderr
    assert "nothing to change" in done.stderr
    url = done.stdout.strip()
    assert get_json(f"{url}/api/foo") == (200, {"greeting": "I am the Foo"})
    assert get_json(f"{url}/health")[0] == 200
    assert get_json(f"{url}/api/none")[0] == 404
    assert get_json(f"{url}/elsewhere")[0] == 404


def test_a_cloud_that_was_killed_comes_back_as_it_was_saved(applied: Clone) -> None:
    for process in applied.processes():
        os.kill(process["pid"], signal.SIGKILL)
    done = applied.invoke("smoke", "--env", "dev", "--target", "local")
    assert "the local AWS had ended without being stopped" in done.stderr
    assert "smoke test of dev passed" in done.stderr


def test_the_next_up_undoes_an_apply_that_was_killed(applied: Clone, s3: S3Client) -> None:
    document = applied.root / "documents" / "killed.json"
    document.write_text('{"greeting": "I was killed"}\n')
    process = applied.start("apply", "--env", "dev", "--target", "local")
    while not locks(s3):
        assert process.poll() is None
        time.sleep(0.05)
    assert "network.vpc_id" in applied.invoke("output", "--env", "dev").stdout
    assert "apply of dev" in applied.invoke("plan", "--env", "dev", check=False).stderr
    kill_group(process)
    document.unlink()
    done = applied.invoke("up")
    assert "was killed: its changes" in done.stderr
    assert "nothing to change" in done.stderr
    assert get_json(f"{done.stdout.strip()}/api/killed")[0] == 404


def locks(s3: S3Client) -> list[str]:
    """Return the keys of Terraform's locks."""
    found = s3.list_objects_v2(Bucket=f"{PROJECT}-state-{DEV}-eu-west-1")["Contents"]
    return [each["Key"] for each in found if each["Key"].endswith(".tflock")]


def test_up_restores_an_object_that_was_deleted_behind_terraform(
    applied: Clone, s3: S3Client
) -> None:
    s3.delete_object(Bucket=f"{PROJECT}-documents-dev-{DEV}", Key="foo.json")
    done = applied.invoke("up")
    assert "apply of dev: 1 added" in done.stderr
    assert get_json(f"{done.stdout.strip()}/api/foo")[0] == 200


def test_the_tasks_write_only_into_folders_that_git_ignores(applied: Clone) -> None:
    left = [
        str(path.relative_to(applied.root))
        for path in applied.root.rglob("*")
        if path.suffix in (".tfstate", ".zip") and ".terragrunt-cache" not in path.parts
    ]
    assert left == ["build/lambda.zip"]
