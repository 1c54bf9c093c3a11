"""Changes to a running environment, and what its clients notice."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter

import pytest
from local_aws_tests.accounts import DEV, Account, At, get_json

from tests.e2e.clone import Clone

APPLY = ("apply", "--env", "dev", "--target", "local")
FRESH_SECONDS = 5
"""Seconds that a document may be served from memory; the module's default."""


@pytest.fixture(scope="module")
def url(applied: Clone) -> str:
    """The URL of dev's API."""
    return applied.api_url("dev")


def wait_for(url: str, answer: tuple[int, object], seconds: float) -> None:
    """Wait until ``url`` gives this answer. Fails the test after ``seconds``."""
    deadline = time.monotonic() + seconds
    while (got := get_json(url)) != answer:
        assert time.monotonic() < deadline, f"{url} still answers {got}"
        time.sleep(0.05)


def wait_for_error(url: str, message: str) -> str:
    """Wait until the error at ``url`` has this message; return the answer as Clients counts it."""
    deadline = time.monotonic() + 10
    while True:
        status, body = get_json(url)
        assert isinstance(body, dict)
        if body.get("error", {}).get("message") == message:
            return f"{status} {json.dumps(body)}"
        assert time.monotonic() < deadline, body
        time.sleep(0.05)


class Clients:
    """Clients that request one URL without a pause while the block runs; counts the answers."""

    def __init__(self, url: str, clients: int = 4) -> None:
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._request) for _ in range(clients)]
        self.answers: Counter[str] = Counter()

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _request(self) -> None:
        while not self._stop.is_set():
            try:
                status, body = get_json(self._url)
                self.answers[f"{status} {json.dumps(body)}"] += 1
            except OSError as error:
                self.answers[repr(error)] += 1


def test_a_changed_document_changes_one_object_and_is_served_once_it_is_no_longer_fresh(
    applied: Clone, url: str
) -> None:
    old, new = ({"greeting": text} for text in ("I am the Foo", "I am the new Foo"))
    assert get_json(f"{url}/api/foo") == (200, old)
    with applied.edited("documents/foo.json", "the Foo", "the new Foo"):
        done = applied.invoke(*APPLY)
        assert "storage: 0 added, 1 changed, 0 destroyed" in done.stderr
        assert "function: no changes" in done.stderr
        wait_for(f"{url}/api/foo", (200, new), FRESH_SECONDS + 1)
    applied.invoke(*APPLY, "--unit", "storage")
    wait_for(f"{url}/api/foo", (200, old), FRESH_SECONDS + 1)


def test_without_nat_the_api_serves_what_comes_through_the_endpoint(
    applied: Clone, url: str
) -> None:
    apply_network = (*APPLY, "--unit", "network")
    with applied.edited("live/dev/env.hcl", '"single"', '"none"'):
        assert "network: 0 added" in applied.invoke(*apply_network).stderr
        assert applied.outputs("network")["nat_gateway_ids"] == []
        assert get_json(f"{url}/health?deep=1")[0] == 200
    applied.invoke(*apply_network)
    (log,) = (applied.root / ".terrarium" / "cloud" / "logs").glob("load-balancer-*.log")
    assert "cannot reach S3" not in log.read_text("utf-8")


def test_no_request_fails_while_a_new_version_of_the_function_goes_live(
    applied: Clone, url: str
) -> None:
    apply_function = (*APPLY, "--unit", "function")
    before = applied.outputs("function")["version"]
    old, new = "There is no document with this name.", "No such document."
    with applied.edited("lambda_src/api/problem.py", old, new):
        with Clients(f"{url}/api/none") as clients:
            applied.invoke(*apply_function)
            assert applied.outputs("function")["version"] != before
            new_answer = wait_for_error(f"{url}/api/none", new)
        assert all(answer.startswith("404 ") for answer in clients.answers), clients.answers
        assert len(clients.answers) == 2, clients.answers
        assert clients.answers[new_answer] > 0
        assert clients.answers.total() > 100
    applied.invoke(*apply_function)


def test_a_removed_document_can_be_brought_back_from_the_replica(applied: Clone, url: str) -> None:
    url = f"{url}/api/gone"
    document = applied.root / "documents" / "gone.json"
    content = b'{"greeting": "I was gone"}\n'
    there = (200, {"greeting": "I was gone"})
    apply_storage = (*APPLY, "--unit", "storage")
    try:
        document.write_bytes(content)
        applied.invoke(*apply_storage)
        wait_for(url, there, FRESH_SECONDS + 1)

        document.unlink()
        assert "storage: 0 added, 0 changed, 1 destroyed" in applied.invoke(*apply_storage).stderr
        wait_for_error(url, "There is no document with this name.")

        s3 = Account(At(applied.url()), DEV).s3
        storage = applied.outputs("storage")
        bucket, replica = storage["bucket_name"], storage["replica_bucket_name"]
        assert not s3.list_object_versions(Bucket=bucket, Prefix="gone.json").get("Versions")
        (kept,) = s3.list_object_versions(Bucket=replica, Prefix="gone.json")["Versions"]
        found = s3.get_object(Bucket=replica, Key="gone.json", VersionId=kept["VersionId"])
        assert found["Body"].read() == content

        document.write_bytes(content)
        assert "storage: 1 added, 0 changed, 0 destroyed" in applied.invoke(*apply_storage).stderr
        wait_for(url, there, FRESH_SECONDS + 1)
    finally:
        document.unlink(missing_ok=True)
        applied.invoke(*apply_storage)
