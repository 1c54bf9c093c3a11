"""In processes of their own: imports are of a whole process."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import moto
from local_aws.control_plane.deferred import USERS

BEGINNING = """
    import sys
    from local_aws.control_plane import deferred
    deferred.install()
    loaded = lambda: "cryptography.hazmat.bindings._rust" in sys.modules
"""


def said(program: str) -> list[str]:
    text = textwrap.dedent(BEGINNING) + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_is_only_imported_is_not_loaded() -> None:
    program = """
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
        def annotated(key: RSAPrivateKey | RSAPublicKey) -> None: ...
        print(loaded())
    """
    assert said(program) == ["False"]


def test_what_is_used_is_the_real_thing_wherever_it_was_imported() -> None:
    program = """
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        print(loaded(), isinstance(key.public_key(), RSAPublicKey), isinstance(1, RSAPublicKey))
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        print(pem.decode().splitlines()[0])
        import cryptography
        print(cryptography.__version__.split(".")[0].isdigit())
    """
    assert said(program) == ["True True False", "-----BEGIN PRIVATE KEY-----", "True"]


def test_every_other_module_of_moto_that_imports_it_gets_the_package_itself() -> None:
    root = Path(moto.__file__).parent
    importing = {
        ".".join(("moto", *file.relative_to(root).with_suffix("").parts))
        for file in root.rglob("*.py")
        if re.search(r"^(from|import) cryptography\b", file.read_text(), re.MULTILINE)
    }
    assert importing - USERS == {"moto.ec2.models.key_pairs", "moto.ec2.utils", "moto.iam.models"}
    assert importing >= USERS


def test_a_certificate_is_made_after_ec2_and_iam_were_imported_without_the_package() -> None:
    program = """
        from moto import mock_aws
        import boto3
        with mock_aws():
            boto3.client("ec2", "eu-west-1").describe_vpcs()
            boto3.client("iam").list_roles()
            print(loaded())
            acm = boto3.client("acm", "eu-west-1")
            arn = acm.request_certificate(DomainName="a.example")["CertificateArn"]
            print(acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainName"])
            print(loaded())
    """
    assert said(program) == ["False", "a.example", "True"]


def test_moto_makes_and_takes_key_pairs_with_it() -> None:
    program = """
        from moto import mock_aws
        import boto3
        with mock_aws():
            print(loaded())
            ec2 = boto3.client("ec2", "eu-west-1")
            print(ec2.create_key_pair(KeyName="a", KeyType="ed25519")["KeyMaterial"][:35])
            public = ec2.describe_key_pairs(KeyNames=["a"], IncludePublicKey=True)["KeyPairs"][0]
            ec2.import_key_pair(KeyName="b", PublicKeyMaterial=public["PublicKey"].encode())
            try:
                ec2.import_key_pair(KeyName="c", PublicKeyMaterial=b"none")
            except Exception as error:
                print(error.response["Error"]["Code"])
    """
    assert said(program) == [
        "False",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "InvalidKeyPair.Format",
    ]
