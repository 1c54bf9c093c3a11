from __future__ import annotations

import logging
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_aws.control_plane import snapshot
from local_aws.errors import CloudError
from local_aws_tests.plane import Plane
from moto.sqs.models import sqs_backends

ACCOUNT = "900000000001"


@pytest.fixture
def queues() -> Iterator[Any]:
    """A backend of an account that no other test uses."""
    yield sqs_backends[ACCOUNT]["eu-west-1"]
    dict.pop(sqs_backends, ACCOUNT, None)


class Node:
    """An object in a backend; at module level, because pickle stores its name."""


def round_trip(tmp_path: Path) -> snapshot.Snapshot:
    payload, skipped = snapshot.dump()
    snapshot.write(snapshot.path_in(tmp_path), payload, skipped)
    dict.pop(sqs_backends, ACCOUNT, None)
    restored = snapshot.restore(tmp_path)
    assert restored is not None
    return restored


def test_an_object_of_two_backends_is_restored_once(tmp_path: Path, queues: Any) -> None:
    queues.extra = sqs_backends[ACCOUNT]["us-east-1"].extra = Node()
    round_trip(tmp_path)
    restored = sqs_backends[ACCOUNT]
    assert restored["eu-west-1"].extra is restored["us-east-1"].extra


def test_references_to_a_module_level_dictionary_are_restored(tmp_path: Path, queues: Any) -> None:
    queues.extra = sqs_backends
    before = sqs_backends
    round_trip(tmp_path)
    assert sqs_backends[ACCOUNT]["eu-west-1"].extra is before


def test_weak_dictionaries_and_lambdas_are_restored(tmp_path: Path, queues: Any) -> None:
    queues.node = Node()
    queues.weak = weakref.WeakValueDictionary({"node": queues.node})
    queues.make = lambda: 42
    round_trip(tmp_path)
    restored: Any = sqs_backends[ACCOUNT]["eu-west-1"]
    assert restored.weak["node"] is restored.node
    assert restored.make() == 42


def test_a_service_that_cannot_be_saved_is_skipped_and_named(
    tmp_path: Path, queues: Any, caplog: pytest.LogCaptureFixture
) -> None:
    queues.generator = (number for number in range(3))
    payload, skipped = snapshot.dump()
    assert skipped == ("moto.sqs.models",)
    assert "moto.sqs.models cannot be saved" in caplog.text
    assert snapshot.write(snapshot.path_in(tmp_path), payload, skipped).skipped == skipped


def test_no_snapshot_restores_nothing(tmp_path: Path) -> None:
    assert snapshot.restore(tmp_path / "none") is None


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "no header", "other format"])
def test_a_damaged_snapshot_is_set_aside_with_a_warning(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = snapshot.path_in(tmp_path)
    snapshot.write(path, b"payload" * 100)
    content = path.read_bytes()
    damaged = {
        "cut": content[:-10],
        "flipped": content[:-1] + b"\0",
        "empty": b"",
        "no header": content.partition(b"\n")[2],
        "other format": content.replace(b'"format": 2', b'"format": 9'),
    }
    path.write_bytes(damaged[damage])
    with caplog.at_level(logging.WARNING):
        assert snapshot.restore(tmp_path) is None
    assert [p.name for p in tmp_path.iterdir()] == [path.name + ".set-aside"]
    assert "set aside" in caplog.text
    assert snapshot.restore(tmp_path) is None


def test_an_invalid_pickle_with_a_valid_hash_is_set_aside(tmp_path: Path) -> None:
    snapshot.write(snapshot.path_in(tmp_path), b"no pickle")
    assert snapshot.restore(tmp_path) is None
    assert not snapshot.path_in(tmp_path).exists()


def test_a_snapshot_of_another_moto_is_set_aside_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = tmp_path / "control-plane.v1.moto-4.0.0.python-3.11.snapshot"
    other.write_bytes(b"x")
    assert snapshot.restore(tmp_path) is None
    assert "another version" in caplog.text
    assert other.with_name(other.name + ".set-aside").exists()


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CloudError, match="cannot be written"):
        snapshot.write(tmp_path / "file" / "x.snapshot", b"")


def test_writing_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = snapshot.path_in(tmp_path)
    snapshot.write(path, b"1")
    snapshot.write(path, b"2")
    assert list(tmp_path.iterdir()) == [path]


def test_queues_with_their_messages_and_tables_with_their_items_are_saved(plane: Plane) -> None:
    sqs, dynamodb = plane.client("sqs"), plane.client("dynamodb")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="t", Item={"id": {"S": "x"}})
    plane.save_and_restore()
    assert [each["Body"] for each in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["hello"]
    assert dynamodb.scan(TableName="t")["Items"] == [{"id": {"S": "x"}}]


@pytest.mark.parametrize(
    ("spec", "algorithm"), [("RSA_2048", "RSASSA_PSS_SHA_256"), ("ECC_NIST_P256", "ECDSA_SHA_256")]
)
def test_a_restored_kms_key_verifies_its_signature(plane: Plane, spec: str, algorithm: str) -> None:
    key = plane.client("kms").create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    signing: dict[str, Any] = {
        "KeyId": key["KeyId"],
        "Message": b"a message",
        "SigningAlgorithm": algorithm,
    }
    signature = plane.client("kms").sign(**signing)["Signature"]
    plane.save_and_restore()
    assert plane.client("kms").verify(**signing, Signature=signature)["SignatureValid"]


def test_a_restored_kms_key_decrypts(plane: Plane) -> None:
    key = plane.client("kms").create_key()["KeyMetadata"]["KeyId"]
    secret = plane.client("kms").encrypt(KeyId=key, Plaintext=b"a secret")["CiphertextBlob"]
    plane.save_and_restore()
    assert plane.client("kms").decrypt(CiphertextBlob=secret)["Plaintext"] == b"a secret"
