"""What a snapshot keeps of the keys of KMS."""

from __future__ import annotations

from typing import Any

import pytest
from local_aws_tests.plane import Plane


@pytest.mark.parametrize(
    ("spec", "algorithm"), [("RSA_2048", "RSASSA_PSS_SHA_256"), ("ECC_NIST_P256", "ECDSA_SHA_256")]
)
def test_what_a_key_signed_is_verified_by_it_after_a_restart(
    plane: Plane, spec: str, algorithm: str
) -> None:
    key = plane.client("kms").create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    signing: dict[str, Any] = {
        "KeyId": key["KeyId"],
        "Message": b"a message",
        "SigningAlgorithm": algorithm,
    }
    signature = plane.client("kms").sign(**signing)["Signature"]
    plane.save_and_restore()
    assert plane.client("kms").verify(**signing, Signature=signature)["SignatureValid"]


def test_what_a_key_encrypted_is_decrypted_by_it_after_a_restart(plane: Plane) -> None:
    key = plane.client("kms").create_key()["KeyMetadata"]["KeyId"]
    secret = plane.client("kms").encrypt(KeyId=key, Plaintext=b"a secret")["CiphertextBlob"]
    plane.save_and_restore()
    assert plane.client("kms").decrypt(CiphertextBlob=secret)["Plaintext"] == b"a secret"
