"""dev and prod side by side in one cloud; then dev goes, and nothing else does.

The last of the files, since it takes down what the others use.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

import pytest

from terrarium import settings
from tests.e2e.clone import Clone

ACCOUNTS = {"dev": "111111111111", "prod": "222222222222"}


@pytest.fixture(scope="module", autouse=True)
def said(both: Clone) -> dict[str, str]:
    """What `up` says of each environment, which runs from then on whatever ran before."""
    return {env: both.invoke("up", "--env", env).stderr for env in ACCOUNTS}


def holdings(clone: Clone, env: str) -> dict[str, list[str]]:
    """What the environment's account holds in the cloud as it was saved last."""
    words = [str(clone.root / ".terrarium" / "cloud" / "snapshots"), ACCOUNTS[env]]
    done = subprocess.run(
        [sys.executable, "-m", "local_aws_tests.inventory", *words],
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    held: dict[str, list[str]] = json.loads(done.stdout)
    return held


def document(clone: Clone, env: str, name: str) -> object:
    url = f"{clone.url(f'load-balancer-{env}')}/api/{name}"
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own URL
        return json.load(response)


def test_each_environment_serves_from_an_account_of_its_own(both: Clone) -> None:
    assert both.url("load-balancer-dev") != both.url("load-balancer-prod")
    for env in ACCOUNTS:
        assert document(both, env, "foo") == {"greeting": "I am the Foo"}
    for env, account in ACCOUNTS.items():
        buckets = holdings(both, env)["s3 aws buckets"]
        assert f"terrarium-documents-{env}-{account}" in buckets
        assert not [name for name in buckets if account not in name]


def test_neither_environment_has_anything_to_change(said: dict[str, str]) -> None:
    for env in ACCOUNTS:
        assert "nothing to change" in said[env]


def test_prod_is_protected_from_a_destroy_even_with_yes(both: Clone) -> None:
    before = holdings(both, "prod")
    done = both.invoke("destroy", "--env", "prod", "--target", "local", "--yes", check=False)
    assert done.returncode == 1
    assert "prevent_destroy" in done.stderr
    assert holdings(both, "prod")["s3 aws buckets"] == before["s3 aws buckets"]
    both.invoke("up", "--env", "prod")


def test_a_destroyed_environment_leaves_its_state_bucket_and_the_other_environment(
    both: Clone,
) -> None:
    prod = holdings(both, "prod")
    assert len(holdings(both, "dev")) > 20

    both.invoke("destroy", "--env", "dev", "--target", "local")

    left = holdings(both, "dev")
    assert left.pop("s3 aws buckets") == [f"terrarium-state-{ACCOUNTS['dev']}-eu-west-1"]
    assert left == {}
    assert holdings(both, "prod") == prod
    assert document(both, "prod", "foo") == {"greeting": "I am the Foo"}


def test_the_state_of_a_destroyed_environment_is_empty(both: Clone) -> None:
    outputs = json.loads(both.invoke("output", "--env", "dev", "--json").stdout)
    assert not any(outputs.values())
