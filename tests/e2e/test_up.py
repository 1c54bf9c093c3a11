"""``./inv up`` and what follows it, in a copy of the checkout, as somebody who cloned it would."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from local_aws_tests.accounts import DEV, Account, At, get_json

from terrarium import settings
from tests.e2e.clone import Clone, kill_group

UNITS = settings.environment("dev").units


def test_up_prints_the_url_of_an_api_that_answers(applied: Clone) -> None:
    done = applied.invoke("up")
    url = done.stdout.strip()
    assert get_json(f"{url}/api/foo") == (200, {"greeting": "I am the Foo"})
    assert get_json(f"{url}/health")[0] == 200
    assert get_json(f"{url}/api/none")[0] == 404
    assert get_json(f"{url}/elsewhere")[0] == 404


def test_a_second_up_compares_every_unit_and_changes_nothing(applied: Clone) -> None:
    done = applied.invoke("up")
    assert "target local at http://127.0.0.1:" in done.stderr
    assert "account 111111111111, region eu-west-1" in done.stderr
    for unit in UNITS:
        assert f"{unit}: no changes" in done.stderr
    assert "nothing to change" in done.stderr


def test_every_unit_has_its_outputs(applied: Clone) -> None:
    outputs = json.loads(applied.invoke("output", "--env", "dev", "--json").stdout)
    assert set(outputs) == set(UNITS)
    assert all(outputs.values())
    one = applied.invoke("output", "--env", "dev", "--unit", "storage").stdout
    assert "storage.bucket_name = terrarium-documents-dev-111111111111" in one


def test_a_plan_of_one_unit_goes_to_stdout(applied: Clone) -> None:
    done = applied.invoke("plan", "--env", "dev", "--unit", "storage")
    assert done.stdout.startswith("# dev/storage\n")
    assert "No changes." in done.stdout


def test_plain_terragrunt_works_with_any_credentials(applied: Clone) -> None:
    environ = {
        "AWS_ENDPOINT_URL": applied.url("control-plane"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    every = applied.terragrunt("run-all", "plan", "--non-interactive", **environ)
    assert every.returncode == 0, every.stderr
    assert every.stdout.count("No changes.") == len(UNITS)
    single = applied.terragrunt("plan", "-detailed-exitcode", folder="live/dev/network", **environ)
    assert single.returncode == 0, single.stderr


def test_the_smoke_test_runs_through_the_load_balancer(applied: Clone) -> None:
    done = applied.invoke("smoke", "--env", "dev", "--target", "local")
    assert "smoke test of dev passed" in done.stderr


def test_down_saves_and_up_restores(applied: Clone) -> None:
    url = applied.url("load-balancer-dev")
    applied.invoke("down")
    assert applied.processes() == []
    with pytest.raises(urllib.error.URLError):
        get_json(f"{url}/health")
    done = applied.invoke("up")
    assert "nothing to change" in done.stderr
    assert get_json(f"{done.stdout.strip()}/api/bar") == (200, {"greeting": "I am the Bar"})


def test_a_cloud_that_was_killed_comes_back_as_it_was_saved(applied: Clone) -> None:
    for process in applied.processes():
        os.kill(process["pid"], signal.SIGKILL)
    done = applied.invoke("up")
    assert "the local AWS had ended without being stopped" in done.stderr
    assert get_json(f"{done.stdout.strip()}/api/foo")[0] == 200


def test_an_apply_that_was_killed_is_undone_by_the_next_up(applied: Clone) -> None:
    document = applied.root / "documents" / "killed.json"
    document.write_text('{"greeting": "I was killed"}\n')
    process = applied.start("apply", "--env", "dev", "--target", "local")
    journal = applied.root / ".terrarium" / "change.json"
    deadline = time.monotonic() + 60
    while not journal.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    # In the middle of the run: Terraform holds locks and is left without its parent.
    time.sleep(3)
    assert "network.vpc_id" in applied.invoke("output", "--env", "dev").stdout
    assert "apply of dev" in applied.invoke("plan", "--env", "dev", check=False).stderr
    kill_group(process)
    document.unlink()
    done = applied.invoke("up")
    assert "was killed: its changes" in done.stderr
    assert "No changes." in applied.invoke("plan", "--env", "dev", "--unit", "storage").stdout
    assert get_json(f"{done.stdout.strip()}/api/killed")[0] == 404


def test_what_somebody_has_changed_in_the_cloud_is_put_right(applied: Clone) -> None:
    account = Account(At(applied.url("control-plane")), DEV)
    account.s3.delete_object(Bucket=f"terrarium-documents-dev-{DEV}", Key="foo.json")
    done = applied.invoke("up")
    assert "apply of dev: 1 added" in done.stderr
    assert get_json(f"{done.stdout.strip()}/api/foo")[0] == 200


# -- bad input


def test_a_machine_without_a_source_for_the_provider_is_told_how_to_get_one(
    clone: Clone, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    configuration = tmp_path / "terraform.rc"
    mirror = f'filesystem_mirror {{ path = "{empty}" }}'
    configuration.write_text(f"provider_installation {{ {mirror} }}")
    clone.invoke("bootstrap", "--env", "dev", "--target", "local")
    done = clone.invoke(
        *("plan", "--env", "dev", "--unit", "storage", "--target", "local"),
        check=False,
        TF_CLI_CONFIG_FILE=str(configuration),
    )
    assert done.returncode == 1
    assert "Terraform found no source for the AWS provider" in done.stderr
    assert "TERRARIUM_PROVIDER_MIRROR=FOLDER" in done.stderr


def test_an_unknown_environment_unit_and_target_are_refused_by_name(applied: Clone) -> None:
    unknown = {
        ("plan", "--env", "staging"): "unknown environment 'staging' -> environments: dev, prod",
        ("plan", "--env", "../dev"): "unknown environment '../dev'",
        (
            "plan",
            "--env",
            "dev",
            "--unit",
            "db",
        ): "unknown unit 'db' in environment dev -> units of",
        ("plan", "--env", "dev", "--target", "azure"): "unknown target 'azure' -> targets: auto",
    }
    for words, message in unknown.items():
        done = applied.invoke(*words, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_a_document_that_is_not_json_is_refused_before_anything_runs(applied: Clone) -> None:
    broken = applied.root / "documents" / "broken.json"
    broken.write_text('{\n  "greeting": \n}\n')
    try:
        done = applied.invoke("apply", "--env", "dev", "--target", "local", check=False)
    finally:
        broken.unlink()
    assert done.returncode == 1
    assert "broken.json:3:" in done.stderr
    assert "network" not in done.stderr


def test_broken_hcl_in_a_unit_is_refused_with_file_and_line(applied: Clone) -> None:
    unit = applied.root / "live" / "dev" / "storage" / "terragrunt.hcl"
    before = unit.read_text()
    unit.write_text(before + "\ninputs = {\n  broken = \n}\n")
    line = before.count("\n") + 3
    try:
        done = applied.invoke("plan", "--env", "dev", "--target", "local", check=False)
    finally:
        unit.write_text(before)
    assert done.returncode == 1
    assert f"storage/terragrunt.hcl:{line}" in done.stderr


def test_a_unit_that_fails_stops_its_dependents_only(applied: Clone) -> None:
    unit = applied.root / "live" / "dev" / "function" / "terragrunt.hcl"
    before = unit.read_text()
    unit.write_text(before + "\ninputs = {\n  memory_mb = 1\n}\n")
    try:
        done = applied.invoke("plan", "--env", "dev", "--target", "local", check=False)
    finally:
        unit.write_text(before)
    assert done.returncode == 1
    assert "memory_mb must be between 128 and 10240" in done.stderr
    assert "failed: function; skipped: observability, routing;" in done.stderr
    assert "done: deploy-access, firewall, load-balancer, network, storage" in done.stderr


def test_a_lock_of_somebody_else_is_refused_with_who_since_when_and_how(applied: Clone) -> None:
    client = Account(At(applied.url("control-plane")), DEV).s3
    bucket = f"terrarium-state-{DEV}-eu-west-1"
    key = "live/dev/storage/terraform.tfstate.tflock"
    lock = {
        "ID": "3c1f8a52-0000-0000-0000-000000000001",
        "Operation": "OperationTypeApply",
        "Who": "ann@laptop",
        "Created": "2026-01-02T03:04:05Z",
    }
    client.put_object(Bucket=bucket, Key=key, Body=json.dumps(lock).encode())
    try:
        done = applied.invoke("plan", "--env", "dev", "--target", "local", check=False)
    finally:
        client.delete_object(Bucket=bucket, Key=key)
    assert done.returncode == 1
    assert "dev/storage is locked by ann@laptop since 2026-01-02T03:04:05Z" in done.stderr
    assert f"terragrunt force-unlock {lock['ID']}" in done.stderr


def test_prod_is_not_destroyed_without_a_terminal_or_yes(applied: Clone) -> None:
    done = applied.invoke("destroy", "--env", "prod", "--target", "local", check=False)
    assert done.returncode == 2
    assert "refusing to destroy all of prod (222222222222) without a confirmation" in done.stderr
    assert "add --yes" in done.stderr


def test_doctor_names_what_it_found(applied: Clone) -> None:
    findings = json.loads(applied.invoke("doctor", "--json").stdout)
    assert {f["name"] for f in findings} >= {"Terraform", "Terragrunt", "providers", "target"}
    assert all(f["is_well"] for f in findings)


def test_the_tree_is_left_clean(applied: Clone, tmp_path: Path) -> None:
    """Whatever ran wrote only into the folders that git ignores."""
    left = [
        str(path.relative_to(applied.root))
        for path in applied.root.rglob("*")
        if path.suffix in (".tfstate", ".zip") and ".terragrunt-cache" not in path.parts
    ]
    assert left == ["build/lambda.zip"]
