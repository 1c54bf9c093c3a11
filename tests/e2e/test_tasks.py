"""Tasks that change nothing in the cloud, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

from local_aws_tests.accounts import DEV, Account, At

from terrarium import settings
from tests.access.roles import PROJECT
from tests.e2e.clone import Clone

UNITS = settings.environment("dev").units
LOCAL = ("--env", "dev", "--target", "local")


def test_every_unit_has_outputs(applied: Clone) -> None:
    outputs = json.loads(applied.invoke("output", "--env", "dev", "--json").stdout)
    assert set(outputs) == set(UNITS)
    assert all(outputs.values())
    one = applied.invoke("output", "--env", "dev", "--unit", "storage").stdout
    assert f"storage.bucket_name = {PROJECT}-documents-dev-111111111111" in one


def test_a_plan_of_one_unit_goes_to_stdout(applied: Clone) -> None:
    done = applied.invoke("plan", "--env", "dev", "--unit", "storage")
    assert done.stdout.startswith("# dev/storage\n")
    assert "No changes." in done.stdout


def test_plain_terragrunt_works_with_any_credentials(applied: Clone) -> None:
    every = applied.terragrunt("run-all", "plan", "--non-interactive")
    assert every.returncode == 0, every.stderr
    assert every.stdout.count("No changes.") == len(UNITS)
    single = applied.terragrunt("plan", "-detailed-exitcode", folder="live/dev/network")
    assert single.returncode == 0, single.stderr


def test_the_smoke_test_runs_through_the_load_balancer(applied: Clone) -> None:
    done = applied.invoke("smoke", *LOCAL)
    assert "smoke test of dev passed" in done.stderr


def test_doctor_names_what_it_found(applied: Clone) -> None:
    findings = json.loads(applied.invoke("doctor", "--json").stdout)
    assert {f["name"] for f in findings} >= {"Terraform", "Terragrunt", "providers", "target"}
    assert all(f["ok"] for f in findings)


def test_without_a_source_for_the_provider_the_error_says_how_to_get_one(
    clone: Clone, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    configuration = tmp_path / "terraform.rc"
    mirror = f'filesystem_mirror {{ path = "{empty}" }}'
    configuration.write_text(f"provider_installation {{ {mirror} }}")
    clone.invoke("bootstrap", *LOCAL)
    done = clone.invoke(
        *("plan", *LOCAL, "--unit", "storage"), check=False, TF_CLI_CONFIG_FILE=str(configuration)
    )
    assert done.returncode == 1
    assert "Terraform found no source for the AWS provider" in done.stderr
    assert "TERRARIUM_PROVIDER_MIRROR=FOLDER" in done.stderr


def test_an_unknown_environment_unit_and_target_are_refused_by_name(applied: Clone) -> None:
    messages = {
        "--env staging": "unknown environment 'staging' -> environments: dev, prod",
        "--env ../dev": "unknown environment '../dev'",
        "--env dev --unit db": "unknown unit 'db' in environment dev -> units of",
        "--env dev --target azure": "unknown target 'azure' -> targets: auto",
    }
    for arguments, message in messages.items():
        done = applied.invoke("plan", *arguments.split(), check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_a_document_that_is_not_json_is_refused_before_anything_runs(applied: Clone) -> None:
    with applied.edited("documents/foo.json", "I am the Foo", 'I am "the" Foo'):
        done = applied.invoke("apply", *LOCAL, check=False)
    assert done.returncode == 1
    assert "foo.json:1:" in done.stderr
    assert "network" not in done.stderr


def test_broken_hcl_in_a_unit_is_refused_with_file_and_line(applied: Clone) -> None:
    unit = "live/dev/storage/terragrunt.hcl"
    line = (applied.root / unit).read_text().split('include "common"')[0].count("\n") + 1
    with applied.edited(unit, 'include "common"', 'include = "common"'):
        done = applied.invoke("plan", *LOCAL, check=False)
    assert done.returncode == 1
    assert f"storage/terragrunt.hcl:{line}" in done.stderr


def test_a_unit_that_fails_stops_its_dependents_only(applied: Clone) -> None:
    unit = "live/dev/function/terragrunt.hcl"
    with applied.edited(unit, 'include "root"', 'inputs = { memory_mb = 1 }\ninclude "root"'):
        done = applied.invoke("plan", *LOCAL, check=False)
    assert done.returncode == 1
    assert "memory_mb must be between 128 and 10240" in done.stderr
    assert "failed: function; skipped: observability, routing;" in done.stderr
    assert "done: deploy-access, firewall, load-balancer, network, storage" in done.stderr


def test_a_locked_state_is_refused_with_its_holder_and_the_command_that_unlocks_it(
    applied: Clone,
) -> None:
    client = Account(At(applied.url()), DEV).s3
    bucket = f"{PROJECT}-state-{DEV}-eu-west-1"
    key = "live/dev/storage/terraform.tfstate.tflock"
    lock = {
        "ID": "3c1f8a52-0000-0000-0000-000000000001",
        "Operation": "OperationTypeApply",
        "Who": "ann@laptop",
        "Created": "2026-01-02T03:04:05Z",
    }
    client.put_object(Bucket=bucket, Key=key, Body=json.dumps(lock).encode())
    try:
        done = applied.invoke("plan", *LOCAL, check=False)
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
