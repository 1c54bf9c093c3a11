from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from terrarium import package, settings
from terrarium.errors import PackageError

HANDLER = b"def lambda_handler(event, context):\n    return {}\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "lambda_src"
    (folder / "api").mkdir(parents=True)
    (folder / "lambda.py").write_bytes(HANDLER)
    (folder / "api" / "__init__.py").write_bytes(b"")
    (folder / "api" / "app.py").write_bytes(b"x = 1\n")
    (folder / "table.bin").write_bytes(bytes(range(256)))
    return folder


def _built(source: Path, output: Path) -> bytes:
    return package.build(source, output).path.read_bytes()


def test_the_zip_holds_the_source_and_nothing_else(source: Path, tmp_path: Path) -> None:
    package.build(source, tmp_path / "lambda.zip")
    with zipfile.ZipFile(tmp_path / "lambda.zip") as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "api/__init__.py": b"",
            "api/app.py": b"x = 1\n",
            "lambda.py": HANDLER,
            "table.bin": bytes(range(256)),
        }


def test_the_zip_of_this_repository_answers_requests_once_unpacked(tmp_path: Path) -> None:
    package.build(settings.LAMBDA_SRC, tmp_path / "lambda.zip")
    with zipfile.ZipFile(tmp_path / "lambda.zip") as archive:
        archive.extractall(tmp_path / "task")
    program = """
import importlib, types
event = {"httpMethod": "GET", "path": "/health", "headers": {}}
context = types.SimpleNamespace(aws_request_id="1")
print(importlib.import_module("lambda").lambda_handler(event, context)["statusCode"])
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"BUCKET": "documents", "AWS_DEFAULT_REGION": "eu-west-1", "LOG_LEVEL": "ERROR"},
        cwd=tmp_path / "task",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("200\n", "")


def test_the_bytes_are_the_same_on_every_machine_and_python(source: Path, tmp_path: Path) -> None:
    """The hash was computed once; a zipfile module that writes other bytes changes it."""
    built = package.build(source, tmp_path / "lambda.zip")
    assert built.sha256_base64 == "w/TcFaen5OTYB6PnXc7FN11YoTg0bTWCMuTll51NA40="


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".DS_Store",
        ".lambda.py.swp",
        "lambda.py~",
        "#lambda.py#",
        "lambda.pyc",
        "lambda.py.orig",
        "__pycache__/lambda.cpython-313.pyc",
        "api/__pycache__/app.cpython-311.pyc",
        ".mypy_cache/3.11/lambda.data.json",
    ],
)
def test_files_that_tools_leave_behind_do_not_change_the_zip(
    source: Path, tmp_path: Path, name: str
) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    litter = source / name
    litter.parent.mkdir(exist_ok=True, parents=True)
    litter.write_bytes(b"litter")
    (source / ".#lambda.py").symlink_to("someone@somewhere.4711")  # the lock of an editor
    assert _built(source, tmp_path / "lambda.zip") == before


def test_folder_order_of_creation_times_and_modes_do_not_matter(
    source: Path, tmp_path: Path
) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    copy = tmp_path / "a folder \u00fc" / "reverse"
    for path in sorted(source.rglob("*"), reverse=True):
        if path.is_file():
            target = copy / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            os.utime(target, (1, 1_000_000))
            target.chmod(0o777 if path.stem == "app" else 0o600)
    assert _built(copy, tmp_path / "lambda.zip") == before


def test_line_ends_matter_in_files_other_than_python_only(source: Path, tmp_path: Path) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    (source / "lambda.py").write_bytes(HANDLER.replace(b"\n", b"\r\n"))
    assert _built(source, tmp_path / "lambda.zip") == before
    (source / "table.bin").write_bytes(b"a\r\nb")
    package.build(source, tmp_path / "lambda.zip")
    with zipfile.ZipFile(tmp_path / "lambda.zip") as archive:
        assert archive.read("table.bin") == b"a\r\nb"


def test_the_result_has_the_hash_that_lambda_shows(source: Path, tmp_path: Path) -> None:
    built = package.build(source, tmp_path / "lambda.zip")
    content = (tmp_path / "lambda.zip").read_bytes()
    assert built == package.Package(
        tmp_path / "lambda.zip",
        base64.b64encode(hashlib.sha256(content).digest()).decode(),
        len(content),
    )


def test_only_an_output_with_other_content_is_written(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "build" / "deep" / "lambda.zip"
    expected = _built(source, output)
    assert list(output.parent.iterdir()) == [output]
    os.utime(output, (1, 1))
    package.build(source, output)
    assert output.stat().st_mtime == 1
    output.write_bytes(b"half a zi")
    assert _built(source, output) == expected


@pytest.mark.parametrize("target", ["/etc/hostname", "lambda.py", "missing", "."])
def test_a_symbolic_link_is_refused(source: Path, tmp_path: Path, target: str) -> None:
    (source / "api" / "linked.py").symlink_to(target)
    with pytest.raises(PackageError, match=r"api/linked\.py: a symbolic link"):
        package.build(source, tmp_path / "lambda.zip")
    assert not (tmp_path / "lambda.zip").exists()


def test_a_pipe_is_refused_and_never_read(source: Path, tmp_path: Path) -> None:
    os.mkfifo(source / "pipe")
    with pytest.raises(PackageError, match="pipe: not a plain file"):
        package.build(source, tmp_path / "lambda.zip")


def test_a_name_that_is_not_ascii_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "caf\u00e9.py").write_bytes(b"")
    with pytest.raises(PackageError, match="not ASCII"):
        package.build(source, tmp_path / "lambda.zip")


def test_a_source_without_the_handler_file_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "lambda.py").rename(source / "api" / "lambda.py")
    with pytest.raises(PackageError, match=r"lambda\.py is missing"):
        package.build(source, tmp_path / "lambda.zip")
    with pytest.raises(PackageError, match="no such folder"):
        package.build(tmp_path / "none", tmp_path / "lambda.zip")


def test_an_output_inside_the_source_is_refused(source: Path) -> None:
    with pytest.raises(PackageError, match="inside its own source"):
        package.build(source, source / "lambda.zip")


def test_an_output_that_cannot_be_written_is_one_clear_line(source: Path, tmp_path: Path) -> None:
    (tmp_path / "lambda.zip").mkdir()
    with pytest.raises(PackageError, match=r"lambda\.zip: Is a directory"):
        package.build(source, tmp_path / "lambda.zip")
