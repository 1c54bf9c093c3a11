"""dev and prod beside each other in one cloud; destroying one does not touch the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_aws_tests.accounts import get_json

from terrarium import settings
from tests.access.roles import PROJECT
from tests.e2e import applied_snapshot
from tests.e2e.clone import Clone

pytestmark = pytest.mark.timeout(1800, func_only=True)

ACCOUNTS = {"dev": "111111111111", "prod": "222222222222"}
FOO = (200, {"greeting": "I am the Foo"})


@pytest.fixture
def clone_to_change(tmp_path: Path) -> Iterator[Clone]:
    """Another clone with dev and prod."""
    clone = applied_snapshot.restore(("dev", "prod"), tmp_path / "clone")
    yield clone
    clone.stop_cloud()


def resources(clone: Clone, env: str) -> dict[str, list[str]]:
    """Return the resources of the environment's account in the last saved state of the cloud."""
    words = [str(clone.root / ".terrarium" / "cloud" / "snapshots"), ACCOUNTS[env]]
    done = subprocess.run(
        [sys.executable, "-m", "local_aws_tests.inventory", *words],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def buckets(clone: Clone, env: str) -> list[str]:
    return resources(clone, env)["s3 aws buckets"]


def foo(clone: Clone, env: str) -> tuple[int, object]:
    return get_json(f"{clone.api_url(env)}/api/foo")


def test_each_environment_serves_from_a_separate_account(both: Clone) -> None:
    assert both.api_url("dev") != both.api_url("prod")
    for env, account in ACCOUNTS.items():
        assert foo(both, env) == FOO
        names = buckets(both, env)
        assert f"{PROJECT}-documents-{env}-{account}" in names
        assert not [name for name in names if account not in name]


def test_prod_has_nothing_to_change_beside_dev(both: Clone) -> None:
    plan = both.invoke("plan", "--env", "prod", "--target", "local").stdout
    assert plan.count("No changes.") == len(settings.environment("prod").units)


def test_the_documents_of_prod_are_protected_from_a_destroy_even_with_yes(both: Clone) -> None:
    destroy = ("destroy", "--env", "prod", "--target", "local", "--unit", "storage", "--yes")
    done = both.invoke(*destroy, check=False)
    assert done.returncode == 1
    assert "prevent_destroy" in done.stderr
    assert f"{PROJECT}-documents-prod-{ACCOUNTS['prod']}" in buckets(both, "prod")


def test_a_destroyed_environment_leaves_its_state_bucket_and_the_other_environment(
    clone_to_change: Clone,
) -> None:
    prod = resources(clone_to_change, "prod")
    assert len(resources(clone_to_change, "dev")) > 20

    clone_to_change.invoke("destroy", "--env", "dev", "--target", "local")

    left = resources(clone_to_change, "dev")
    assert left.pop("s3 aws buckets") == [f"{PROJECT}-state-{ACCOUNTS['dev']}-eu-west-1"]
    assert left == {}
    assert resources(clone_to_change, "prod") == prod
    assert foo(clone_to_change, "prod") == FOO
    outputs = json.loads(clone_to_change.invoke("output", "--env", "dev", "--json").stdout)
    assert not any(outputs.values())
