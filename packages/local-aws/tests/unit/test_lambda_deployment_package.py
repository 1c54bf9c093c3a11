from __future__ import annotations

import base64
import hashlib
import io
import stat
import zipfile
from pathlib import Path

import pytest
from local_aws.errors import CloudError
from local_aws.lambda_runtime import deployment_package
from local_aws.lambda_runtime.deployment_package import InvalidZipError
from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion


def package(*entries: tuple[str, str], link: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
        if link is not None:
            entry = zipfile.ZipInfo(link)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def function(sha256: str, location: str = "http://127.0.0.1:1/gone") -> FunctionVersion:
    arn = FunctionArn.parse("arn:aws:lambda:eu-west-1:111111111111:function:api")
    configuration = {"FunctionName": "api", "Version": "1", "CodeSha256": sha256}
    return FunctionVersion.from_answer(
        arn, {"Configuration": configuration, "Code": {"Location": location}}
    )


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def test_a_package_is_unpacked_with_its_folders(tmp_path: Path) -> None:
    deployment_package.unpack(
        package(("lambda.py", "x = 1"), ("pkg/part.py", "y = 2")), tmp_path / "code"
    )
    assert (tmp_path / "code/lambda.py").read_text() == "x = 1"
    assert (tmp_path / "code/pkg/part.py").read_text() == "y = 2"


@pytest.mark.parametrize(
    "name", ["/etc/evil", "../evil", "pkg/../../evil", "..\\evil", "C:/evil", ".."]
)
def test_a_path_outside_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidZipError, match="unsafe path"):
        deployment_package.unpack(package(("lambda.py", ""), (name, "x")), tmp_path / "code")
    assert list(tmp_path.iterdir()) == []


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidZipError, match="symbolic link"):
        deployment_package.unpack(package(("lambda.py", ""), link="secrets"), tmp_path / "code")


def test_a_package_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment_package, "UNPACKED_BYTES", 10)
    with pytest.raises(InvalidZipError, match="over 10 bytes"):
        deployment_package.unpack(package(("a.py", "x" * 6), ("b.py", "x" * 6)), tmp_path / "code")


def test_bytes_that_are_not_a_zip_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidZipError, match="cannot be unpacked"):
        deployment_package.unpack(b"not a zip", tmp_path / "code")


def test_a_broken_zip_is_refused_and_leaves_no_files(tmp_path: Path) -> None:
    whole = package(("lambda.py", "x = 1"), ("deep/part.py", "y = 2"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lambda.py", "x = 1\n" * 1_000)
    packed = bytearray(buffer.getvalue())
    first, directory = packed.index(b"lambda.py") + 9, packed.rindex(b"PK\x01\x02")
    garbled = packed[:first] + b"\xff" + packed[first + 1 :]
    encrypted = bytearray(packed)
    encrypted[6] |= 1
    encrypted[directory + 8] |= 1
    both = package(("part", "a file"), ("part/inner.py", "and a folder"))
    for broken in (whole[:-10], whole[20:], garbled, encrypted, both):
        with pytest.raises(InvalidZipError, match="cannot be unpacked"):
            deployment_package.unpack(bytes(broken), tmp_path / "code")
    assert list(tmp_path.iterdir()) == []


def test_unpacking_the_same_code_again_keeps_the_folder(tmp_path: Path) -> None:
    deployment_package.unpack(package(("lambda.py", "x = 1")), tmp_path / "code")
    deployment_package.unpack(package(("lambda.py", "x = 1")), tmp_path / "code")
    assert (tmp_path / "code/lambda.py").read_text() == "x = 1"


def test_code_in_the_cache_is_not_downloaded(tmp_path: Path) -> None:
    content = package(("lambda.py", "x = 1"))
    folder = tmp_path / hashlib.sha256(content).hexdigest()
    folder.mkdir()
    assert deployment_package.provide(function(digest(content)), tmp_path) == folder


def test_a_failed_download_is_a_cloud_error(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="cannot be downloaded"):
        deployment_package.provide(function(digest(b"")), tmp_path)


def test_a_location_that_is_not_an_http_url_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="no code location"):
        deployment_package.provide(function(digest(b""), "file:///etc/passwd"), tmp_path)


def test_a_hash_that_is_not_base64_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="not a SHA-256"):
        deployment_package.provide(function("../../etc"), tmp_path)
