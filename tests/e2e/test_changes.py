"""What people change in a running environment, and what its clients notice."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_aws_tests.accounts import DEV, Account, At, get_json
from mypy_boto3_s3 import S3Client

from tests.e2e.clone import Clone

FRESH_SECONDS = 5
"""How long a document may be served from memory; the module's default."""


def seconds_until(url: str, wanted: tuple[int, object], limit: float) -> float:
    """How long it takes until ``url`` answers what is wanted. Fails beyond ``limit`` seconds."""
    started = time.monotonic()
    while (answer := get_json(url)) != wanted:
        assert time.monotonic() - started < limit, f"{url} still answers {answer}"
        time.sleep(0.05)
    return time.monotonic() - started


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """A file with one text replaced by another for a while."""
    before = path.read_text("utf-8")
    assert old in before
    path.write_text(before.replace(old, new), "utf-8")
    try:
        yield
    finally:
        path.write_text(before, "utf-8")


class Load:
    """Clients that ask for one URL without a pause while the block runs; counts the answers."""

    def __init__(self, url: str, clients: int = 4) -> None:
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]
        self.answers: Counter[str] = Counter()

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                status, body = get_json(self._url)
                self.answers[f"{status} {json.dumps(body)}"] += 1
            except OSError as error:
                self.answers[repr(error)] += 1


def test_a_changed_document_changes_one_object_and_is_served_once_it_is_no_longer_fresh(
    applied: Clone,
) -> None:
    url = f"{applied.url('load-balancer-dev')}/api/foo"
    old, new = ({"greeting": text} for text in ("I am the Foo", "I am the new Foo"))
    assert get_json(url) == (200, old)
    with edited(applied.root / "documents" / "foo.json", "the Foo", "the new Foo"):
        done = applied.invoke("apply", "--env", "dev", "--target", "local")
        assert "storage: 0 added, 1 changed, 0 destroyed" in done.stderr
        assert "function: no changes" in done.stderr
        seconds_until(url, (200, new), FRESH_SECONDS + 1)
    applied.invoke("apply", "--env", "dev", "--target", "local", "--unit", "storage")
    seconds_until(url, (200, old), FRESH_SECONDS + 1)


def test_without_nat_the_api_serves_what_comes_through_the_endpoint(applied: Clone) -> None:
    url = f"{applied.url('load-balancer-dev')}/health?deep=1"
    apply = ("apply", "--env", "dev", "--target", "local")
    with edited(applied.root / "live" / "dev" / "env.hcl", '"single"', '"none"'):
        assert "network: 0 added" in applied.invoke(*apply).stderr
        outputs = json.loads(applied.invoke("output", "--env", "dev", "--json").stdout)
        assert outputs["network"]["nat_gateway_ids"] == []
        assert get_json(url)[0] == 200
    applied.invoke(*apply)
    log = (applied.root / ".terrarium" / "logs" / "load-balancer-dev.log").read_text("utf-8")
    assert "cannot reach S3" not in log


def version(clone: Clone) -> str:
    """The version of the function that the alias points to."""
    outputs = json.loads(
        clone.invoke("output", "--env", "dev", "--unit", "function", "--json").stdout
    )
    return str(outputs["function"]["version"])


def test_no_request_fails_while_a_new_version_of_the_function_goes_live(applied: Clone) -> None:
    url = f"{applied.url('load-balancer-dev')}/api/none"
    before = version(applied)
    problem = applied.root / "lambda_src" / "api" / "problem.py"
    with edited(problem, "There is no document of this name.", "No such document."):
        with Load(url) as load:
            applied.invoke("apply", "--env", "dev", "--target", "local", "--unit", "function")
            assert version(applied) != before
            new_answer = seconds_until_message(url, "No such document.")
        assert set(load.answers) == {answer for answer in load.answers if answer[:3] == "404"}
        assert len(load.answers) == 2, load.answers
        assert load.answers[new_answer] > 0
        assert sum(load.answers.values()) > 100
    applied.invoke("apply", "--env", "dev", "--target", "local", "--unit", "function")


def seconds_until_message(url: str, message: str) -> str:
    """Wait until the error at ``url`` says ``message``; returns the answer as Load counts it."""
    deadline = time.monotonic() + 10
    while True:
        status, body = get_json(url)
        assert isinstance(body, dict)
        if body["error"]["message"] == message:
            return f"{status} {json.dumps(body)}"
        assert time.monotonic() < deadline, body
        time.sleep(0.05)


def test_a_removed_document_can_be_brought_back_from_the_replica(applied: Clone) -> None:
    url = f"{applied.url('load-balancer-dev')}/api/gone"
    document = applied.root / "documents" / "gone.json"
    content = b'{"greeting": "I was gone"}\n'
    storage = ("apply", "--env", "dev", "--target", "local", "--unit", "storage")
    document.write_bytes(content)
    try:
        applied.invoke(*storage)
        seconds_until(url, (200, {"greeting": "I was gone"}), FRESH_SECONDS + 1)

        document.unlink()
        assert "storage: 0 added, 0 changed, 1 destroyed" in applied.invoke(*storage).stderr
        assert gone_within(url, FRESH_SECONDS + 1)

        s3, buckets = documents_of(applied)
        of_gone = [s3.list_object_versions(Bucket=each, Prefix="gone.json") for each in buckets]
        assert not of_gone[0].get("Versions")
        (kept,) = of_gone[1]["Versions"]
        found = s3.get_object(Bucket=buckets[1], Key="gone.json", VersionId=kept["VersionId"])
        assert found["Body"].read() == content

        document.write_bytes(content)
        assert "storage: 1 added, 0 changed, 0 destroyed" in applied.invoke(*storage).stderr
        seconds_until(url, (200, {"greeting": "I was gone"}), FRESH_SECONDS + 1)
    finally:
        document.unlink(missing_ok=True)
        applied.invoke(*storage)


def gone_within(url: str, limit: float) -> bool:
    """Whether there is no document at ``url`` any more, at the latest after ``limit`` seconds."""
    deadline = time.monotonic() + limit
    while get_json(url)[0] != 404 and time.monotonic() < deadline:
        time.sleep(0.05)
    return get_json(url)[0] == 404


def documents_of(clone: Clone) -> tuple[S3Client, tuple[str, str]]:
    """A client of dev's account, its documents' bucket and the replica of that."""
    told = json.loads(clone.invoke("output", "--env", "dev", "--unit", "storage", "--json").stdout)
    storage = told["storage"]
    account = Account(At(clone.url("control-plane")), DEV)
    return account.s3, (storage["bucket_name"], storage["replica_bucket_name"])
