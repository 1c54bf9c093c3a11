"""The runner with Terraform and an S3 backend.

Modules use built-in resources only: they need no provider, and a run takes less than a second.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from moto.server import ThreadedMotoServer
from terragrunt_runner_tests.tree import write

TEST_KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
_numbers = itertools.count()

ROOT = """
    remote_state {
      backend = "s3"
      generate = {
        path      = "backend.tf"
        if_exists = "overwrite_terragrunt"
      }
      config = {
        bucket         = get_env("STATES")
        key            = "${path_relative_to_include()}/terraform.tfstate"
        region         = "eu-west-1"
        use_lockfile   = true
        use_path_style = true
        endpoints      = { s3 = get_env("AWS_ENDPOINT_URL") }

        skip_credentials_validation = true
        skip_requesting_account_id  = true
        skip_metadata_api_check     = true
        skip_region_validation      = true
      }
    }
"""
MODULE = """
    variable "value" {
      type = string
    }
    variable "wait" {
      type    = number
      default = 0
    }
    variable "fail" {
      type    = bool
      default = false
    }
    resource "terraform_data" "this" {
      input = var.value

      provisioner "local-exec" {
        command = "sleep ${var.wait}"
      }
      lifecycle {
        precondition {
          condition     = !var.fail
          error_message = "told to fail"
        }
      }
    }
    output "value" {
      value = jsondecode(terraform_data.this.output)
    }
    output "secret" {
      value     = "s3cret"
      sensitive = true
    }
"""
UNIT = """
    include "root" {
      path = find_in_parent_folders("root.hcl")
    }
    terraform {
      source = "${dirname(find_in_parent_folders("root.hcl"))}/modules//echo"
      %(terraform)s
    }
    %(blocks)s
    inputs = {
      value = jsonencode(%(value)s)
      %(inputs)s
    }
"""


def unit(value: str, *, blocks: str = "", terraform: str = "", inputs: str = "") -> str:
    return UNIT % {"value": value, "blocks": blocks, "terraform": terraform, "inputs": inputs}


def dependency(name: str, more: str = "") -> str:
    return f'dependency "{name}" {{\n  config_path = "../{name}"\n  {more}\n}}\n'


@dataclass(frozen=True)
class Live:
    """A tree and the server with its states."""

    root: Path
    endpoint: str
    bucket: str

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TG_", "TERRAGRUNT_"))}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.endpoint,
            "STATES": self.bucket,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
            "CHECKPOINT_DISABLE": "1",
        }

    def start(self, folder: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "terragrunt_runner", *words],
            cwd=self.root / folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: str, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        process = self.start(folder, *words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"exit {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def outputs(self, folder: str) -> dict[str, Any]:
        found = json.loads(self.run(folder, "output", "-json").stdout)
        return {name: output["value"] for name, output in found.items()}

    def client(self, service: str, keys: Mapping[str, str] = TEST_KEYS) -> Any:
        create: Any = boto3.client  # the stubs want a literal service name
        return create(service, endpoint_url=self.endpoint, region_name="eu-west-1", **keys)

    def create_bucket(self, s3: Any) -> None:
        location = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=location)

    def states(self) -> list[str]:
        found = self.client("s3").list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return sorted(item["Key"] for item in found)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def live(tmp_path: Path, server: str) -> Live:
    made = Live(tmp_path, server, f"states-{next(_numbers)}")
    write(tmp_path, {"root.hcl": ROOT, "modules/echo/main.tf": MODULE})
    made.create_bucket(made.client("s3"))
    return made


def chain(live: Live) -> None:
    """a ← b ← c, and d by itself."""
    files = {
        "a/terragrunt.hcl": unit('"from-a"'),
        "b/terragrunt.hcl": unit('"${dependency.a.outputs.value}-b"', blocks=dependency("a")),
        "c/terragrunt.hcl": unit(
            '["${dependency.b.outputs.value}-c", dependency.b.outputs.secret]',
            blocks=dependency("b"),
        ),
        "d/terragrunt.hcl": unit('{ n = 1.5, s = "x", z = null }'),
    }
    write(live.root, files)


def test_one_unit_is_applied_and_init_runs_only_when_it_is_needed(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit('"one"')})
    first = live.run("a", "apply", "-auto-approve")
    assert "Initializing the backend" in first.stderr
    assert "STDOUT terraform: " in first.stdout
    assert live.outputs("a") == {"value": "one", "secret": "s3cret"}
    assert live.states() == ["a/terraform.tfstate"]

    second = live.run("a", "plan", "-detailed-exitcode")
    assert "Initializing" not in second.stdout + second.stderr

    module = live.root / "modules/echo/main.tf"
    module.write_text(module.read_text() + '\noutput "more" {\n  value = 1\n}\n')
    third = live.run("a", "plan", "-detailed-exitcode", code=2)
    assert "Initializing" not in third.stdout + third.stderr

    module.write_text('terraform {\n  required_version = ">= 1.0"\n}\n' + module.read_text())
    assert "Initializing" in live.run("a", "plan", "-detailed-exitcode", code=2).stderr


def test_units_get_outputs_in_dependency_order(live: Live) -> None:
    chain(live)
    done = live.run(".", "run", "--all", "--non-interactive", "apply")
    assert live.outputs("c")["value"] == ["from-a-b-c", "s3cret"]
    assert live.outputs("d")["value"] == {"n": 1.5, "s": "x", "z": None}
    assert "Succeeded    4" in done.stderr
    assert " STDOUT [c] terraform: " in done.stdout
    live.run(".", "run", "--all", "plan", "-detailed-exitcode")

    write(live.root, {"a/terragrunt.hcl": unit('"changed"')})
    live.run(".", "run", "--all", "plan", "-detailed-exitcode", code=2)

    live.run(".", "run", "--all", "--non-interactive", "destroy")
    for key in live.states():
        body = live.client("s3").get_object(Bucket=live.bucket, Key=key)["Body"].read()
        assert json.loads(body)["resources"] == []


def test_a_failed_unit_stops_its_dependents_only(live: Live) -> None:
    chain(live)
    write(
        live.root, {"b/terragrunt.hcl": unit('"b"', blocks=dependency("a"), inputs="fail = true")}
    )
    report = live.root / "report.json"
    done = live.run(
        ".", "run", "--all", "--non-interactive", "--report-file", str(report), "apply", code=1
    )
    results = {run["Name"]: run for run in json.loads(report.read_text())}
    assert {name: run["Result"] for name, run in results.items()} == {
        "a": "succeeded",
        "b": "failed",
        "c": "early exit",
        "d": "succeeded",
    }
    assert (results["c"]["Reason"], results["c"]["Cause"]) == ("ancestor error", "b")
    assert "Failed       1  (b)" in done.stderr
    assert "Early Exits  1  (c)" in done.stderr


def test_a_new_tree_is_planned_with_mocks(live: Live) -> None:
    mocks = (
        'mock_outputs = { value = "mock" }\n  mock_outputs_allowed_terraform_commands = ["plan"]'
    )
    files = {
        "a/terragrunt.hcl": unit('"a"'),
        "b/terragrunt.hcl": unit("dependency.a.outputs.value", blocks=dependency("a", mocks)),
    }
    write(live.root, files)
    assert "mock" in live.run(".", "run", "--all", "plan").stdout
    done = live.run("b", "apply", "-auto-approve", code=1)
    assert "not allowed for apply" in done.stderr


def test_a_missing_bucket_is_reported_and_bootstrap_creates_it(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit('"a"')})
    live.client("s3").delete_bucket(Bucket=live.bucket)
    done = live.run("a", "plan", code=1)
    assert "the state bucket does not exist" in done.stderr
    assert "terragrunt backend bootstrap" in done.stderr

    live.run("a", "backend", "bootstrap")
    live.run("a", "backend", "bootstrap")
    s3 = live.client("s3")
    assert s3.get_bucket_versioning(Bucket=live.bucket)["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket=live.bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())
    assert s3.get_bucket_encryption(Bucket=live.bucket)
    live.run("a", "plan")


def test_a_held_lock_is_reported_with_its_holder_and_release_command(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit('"a"')})
    live.run("a", "apply", "-auto-approve")
    identifier = "6dbb5c32-4a67-4e84-9e7a-2a1b5b3d9f01"
    lock = {
        "ID": identifier,
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "ada@analytical",
        "Version": "1.11.4",
        "Created": "2026-01-02T03:04:05.6Z",
        "Path": "states/a/terraform.tfstate",
    }
    live.client("s3").put_object(
        Bucket=live.bucket, Key="a/terraform.tfstate.tflock", Body=json.dumps(lock).encode()
    )
    done = live.run("a", "plan", code=1)
    assert "locked by ada@analytical since 2026-01-02 03:04:05.6" in done.stderr
    assert f"terragrunt force-unlock {identifier}" in done.stderr

    live.run("a", "force-unlock", "-force", identifier)
    live.run("a", "plan")


def test_hooks_run_around_terraform_in_the_working_folder(live: Live) -> None:
    hooks = """
      before_hook "make" {
        commands = ["plan", "apply"]
        execute  = ["sh", "-c", "echo $TG_CTX_COMMAND > made.txt"]
      }
      after_hook "show" {
        commands = ["plan"]
        execute  = ["cat", "made.txt"]
      }
      after_hook "after_failure" {
        commands     = ["apply"]
        execute      = ["echo", "ran after the failure"]
        run_on_error = true
      }
      error_hook "tell" {
        commands  = ["apply"]
        execute   = ["echo", "matched the error"]
        on_errors = [".*told to fail.*"]
      }
    """
    write(live.root, {"a/terragrunt.hcl": unit('"a"', terraform=hooks)})
    assert "STDOUT cat: plan" in live.run("a", "plan").stdout
    write(live.root, {"a/terragrunt.hcl": unit('"a"', terraform=hooks, inputs="fail = true")})
    done = live.run("a", "apply", "-auto-approve", code=1)
    assert "ran after the failure" in done.stdout
    assert "matched the error" in done.stdout


def test_terraform_does_not_run_after_a_failed_hook(live: Live) -> None:
    hook = """
      before_hook "no" {
        commands = ["apply"]
        execute  = ["sh", "-c", "echo no >&2; exit 3"]
      }
    """
    write(live.root, {"a/terragrunt.hcl": unit('"a"', terraform=hook)})
    done = live.run("a", "apply", "-auto-approve", code=1)
    assert "hook 'no'" in done.stderr
    assert "ended with 3: no" in done.stderr
    assert live.states() == []


def test_an_error_is_retried_or_ignored(live: Live) -> None:
    flaky = """
      before_hook "count" {
        commands = ["apply"]
        execute  = ["sh", "-c", "echo x >> count"]
      }
    """
    errors = """
    errors {
      retry "told" {
        retryable_errors   = [".*told to fail.*"]
        max_attempts       = 3
        sleep_interval_sec = 0
      }
      ignore "told" {
        ignorable_errors = ["%s"]
        message          = "never mind"
      }
    }
    """
    text = unit('"a"', terraform=flaky, blocks=errors % "!.*", inputs="fail = true")
    write(live.root, {"a/terragrunt.hcl": text})
    done = live.run("a", "apply", "-auto-approve", code=1)
    assert done.stderr.count("attempt") == 2
    text = unit('"a"', terraform=flaky, blocks=errors % ".*told.*", inputs="fail = true")
    write(live.root, {"a/terragrunt.hcl": text})
    assert "never mind" in live.run("a", "apply", "-auto-approve").stderr


def test_saved_plans_of_many_units_are_applied(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit('"a"'), "b/terragrunt.hcl": unit('"b"')})
    live.run(".", "run", "--all", "--out-dir", "plans", "--json-out-dir", "json", "plan")
    shown = json.loads((live.root / "json/a/tfplan.json").read_text())
    assert shown["planned_values"]["outputs"]["secret"]["sensitive"] is True
    write(live.root, {"a/terragrunt.hcl": unit('"not this"')})
    live.run(".", "run", "--all", "--non-interactive", "--out-dir", "plans", "apply")
    assert live.outputs("a")["value"] == "a"


def test_many_units_are_not_applied_without_confirmation(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit('"a"')})
    done = live.run(".", "run", "--all", "apply", code=1)
    assert "no terminal" in done.stderr
    assert live.states() == []


def test_an_interrupted_run_leaves_neither_lock_nor_process(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit('"a"', inputs="wait = 30")})
    process = live.start(".", "run", "--all", "--non-interactive", "apply")
    children: list[psutil.Process] = []
    try:
        deadline = time.monotonic() + 60
        while "a/terraform.tfstate.tflock" not in live.states():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        children = psutil.Process(process.pid).children(recursive=True)
        assert any("terraform" in child.name() for child in children)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "Run Summary" in err
    assert "a/terraform.tfstate.tflock" not in live.states()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def test_a_unit_killed_in_init_is_initialised_again(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit('"a"')})
    live.run("a", "plan")
    (folder,) = (live.root / "a/.terragrunt-cache").glob("*/*/echo")
    for path in (folder / ".terraform").rglob("*"):
        if path.is_file():
            path.unlink()
    (folder / ".terragrunt-init.json").unlink()
    assert "Initializing" in live.run("a", "plan").stderr


def test_files_removed_from_the_module_are_removed_and_results_of_hooks_stay(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit('"a"'), "modules/echo/extra.tf": ""})
    live.run("a", "plan")
    (folder,) = (live.root / "a/.terragrunt-cache").glob("*/*/echo")
    (folder / "made-by-a-hook").write_text("x")
    (live.root / "modules/echo/extra.tf").rename(live.root / "modules/echo/renamed.tf")
    live.run("a", "plan")
    assert not (folder / "extra.tf").exists()
    assert (folder / "renamed.tf").exists()
    assert (folder / "made-by-a-hook").exists()


def test_a_backend_without_a_generate_block_is_configured_by_arguments(live: Live) -> None:
    files = {
        "modules/plain/main.tf": """
            terraform {
              backend "local" {}
            }
            output "x" {
              value = 1
            }
        """,
        "a/terragrunt.hcl": """
            remote_state {
              backend = "local"
              config  = { path = "${get_terragrunt_dir()}/state/a.tfstate" }
            }
            terraform {
              source = "../modules//plain"
            }
        """,
        "b/terragrunt.hcl": """
            dependency "a" {
              config_path = "../a"
            }
            terraform {
              source = "../modules//echo"
            }
            inputs = { value = jsonencode(dependency.a.outputs.x) }
        """,
    }
    write(live.root, files)
    live.run("a", "apply", "-auto-approve")
    assert (live.root / "a/state/a.tfstate").is_file()
    live.run("b", "apply", "-auto-approve")
    assert live.outputs("b")["value"] == 1


def test_a_module_is_cloned_from_git(live: Live) -> None:
    repository = write(live.root / "repository", {"sub/main.tf": 'output "x" {\n  value = 1\n}\n'})
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run(["git", *identity, *words], cwd=repository, check=True)
    source = f"git::file://{repository}//sub?ref=main"
    write(live.root, {"a/terragrunt.hcl": f'terraform {{\n  source = "{source}"\n}}\n'})
    live.run("a", "apply", "-auto-approve")
    assert live.outputs("a") == {"x": 1}


def test_the_evaluated_configuration_can_be_rendered(live: Live) -> None:
    chain(live)
    live.run(".", "run", "--all", "--non-interactive", "apply")
    found = json.loads(live.run("b", "render", "--json").stdout)
    assert found["inputs"] == {"value": '"from-a-b"'}
    assert found["remote_state"]["config"]["key"] == "b/terraform.tfstate"


def test_the_configuration_can_read_the_callers_account(live: Live) -> None:
    write(live.root, {"a/terragrunt.hcl": unit("[get_aws_account_id(), get_platform()]")})
    found = json.loads(live.run("a", "render", "--json").stdout)
    assert found["inputs"]["value"] == '["123456789012","linux"]'


def test_the_role_of_a_unit_is_used_for_terraform_and_for_its_state(live: Live) -> None:
    # The bucket belongs to the role's account: the caller's credentials cannot read it.
    role = 'iam_role = "arn:aws:iam::333333333333:role/deploy"'
    files = {
        "a/terragrunt.hcl": unit('"a"', blocks=role),
        "b/terragrunt.hcl": unit("dependency.a.outputs.value", blocks=dependency("a")),
    }
    write(live.root, files)
    live.client("s3").delete_bucket(Bucket=live.bucket)
    arn = "arn:aws:iam::333333333333:role/deploy"
    held = live.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    keys = {
        "aws_access_key_id": held["AccessKeyId"],
        "aws_secret_access_key": held["SecretAccessKey"],
        "aws_session_token": held["SessionToken"],
    }
    live.create_bucket(live.client("s3", keys))
    live.run("a", "apply", "-auto-approve")
    found = json.loads(live.run("b", "render", "--json").stdout)
    assert found["dependency"]["a"]["outputs"]["value"] == "a"


def test_the_version_says_that_this_is_not_the_official_binary(live: Live) -> None:
    said = live.run(".", "--version").stdout
    assert "not the official binary" in said
    assert "0.89.4" in said
