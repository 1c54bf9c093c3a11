from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from terrarium import package
from terrarium.errors import PackageError

ROOT = Path(__file__).parents[2]
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


def _run(
    output: Path, *more: str, python: str = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", "terrarium.package", str(output), *more],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        cwd=output.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def _interpreter(version: str) -> str:
    """A Python of that version: on PATH, or one of pyenv's. Skips the test where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python{version}")
    candidates = [*([on_path] if on_path else []), *map(str, pyenv.glob(f"{version}.*/bin/python"))]
    for candidate in candidates:
        # A shim of pyenv is on PATH even where its version is switched off.
        if not subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode:
            return candidate
    pytest.skip(f"no Python {version} on this machine")


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


def test_the_zip_of_this_checkout_answers_requests_once_unpacked(tmp_path: Path) -> None:
    package.build(package.SOURCE, tmp_path / "lambda.zip")
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
def test_what_tools_leave_behind_does_not_change_the_zip(
    source: Path, tmp_path: Path, name: str
) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    litter = source / name
    litter.parent.mkdir(exist_ok=True, parents=True)
    litter.write_bytes(b"litter")
    assert _built(source, tmp_path / "lambda.zip") == before


def test_the_lock_link_of_an_editor_is_no_obstacle(source: Path, tmp_path: Path) -> None:
    (source / ".#lambda.py").symlink_to("someone@somewhere.4711")
    assert package.build(source, tmp_path / "lambda.zip").size > 0


def test_a_change_of_the_source_is_a_change_of_the_zip(source: Path, tmp_path: Path) -> None:
    before = package.build(source, tmp_path / "lambda.zip")
    (source / "api" / "app.py").write_bytes(b"x = 2\n")
    after = package.build(source, tmp_path / "lambda.zip")
    assert before.sha256_base64 != after.sha256_base64


def test_file_times_and_modes_do_not_matter(source: Path, tmp_path: Path) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    for number, path in enumerate(sorted(source.rglob("*.py"))):
        os.utime(path, (number, number * 1_000_000))
        path.chmod(0o600 if number % 2 else 0o777)
    assert _built(source, tmp_path / "lambda.zip") == before


def test_the_place_of_the_checkout_does_not_matter(source: Path, tmp_path: Path) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    elsewhere = tmp_path / "a folder \u00fc" / "lambda_src"
    shutil.copytree(source, elsewhere)
    assert _built(elsewhere, tmp_path / "lambda.zip") == before


def test_the_order_in_which_files_were_made_does_not_matter(source: Path, tmp_path: Path) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    reverse = tmp_path / "reverse"
    for path in sorted(source.rglob("*"), reverse=True):
        if path.is_file():
            copy = reverse / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    assert _built(reverse, tmp_path / "lambda.zip") == before


def test_line_ends_of_python_files_do_not_matter(source: Path, tmp_path: Path) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    (source / "lambda.py").write_bytes(HANDLER.replace(b"\n", b"\r\n"))
    assert _built(source, tmp_path / "lambda.zip") == before


def test_line_ends_of_other_files_are_kept(source: Path, tmp_path: Path) -> None:
    (source / "table.bin").write_bytes(b"a\r\nb")
    package.build(source, tmp_path / "lambda.zip")
    with zipfile.ZipFile(tmp_path / "lambda.zip") as archive:
        assert archive.read("table.bin") == b"a\r\nb"


@pytest.mark.parametrize(
    "variables",
    [
        {"TZ": "Pacific/Kiritimati"},
        {"TZ": "America/Anchorage", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "PYTHONOPTIMIZE": "2", "PYTHONUTF8": "0"},
        {"SOURCE_DATE_EPOCH": "1000000000"},
    ],
    ids=str,
)
def test_time_zone_and_locale_do_not_matter(
    source: Path, tmp_path: Path, variables: dict[str, str]
) -> None:
    before = _built(source, tmp_path / "lambda.zip")
    run = _run(tmp_path / "other.zip", "--source", str(source), **variables)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (tmp_path / "other.zip").read_bytes() == before


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_umask_does_not_matter(tmp_path: Path, umask: int) -> None:
    expected = _built(package.SOURCE, tmp_path / "lambda.zip")
    before = os.umask(umask)
    try:
        fresh = tmp_path / "fresh"
        shutil.copytree(package.SOURCE, fresh, copy_function=shutil.copyfile)
        assert _built(fresh, tmp_path / "other.zip") == expected
    finally:
        os.umask(before)


@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(8, 16)])
def test_the_version_of_python_does_not_matter(tmp_path: Path, version: str) -> None:
    expected = _built(package.SOURCE, tmp_path / "lambda.zip")
    run = _run(tmp_path / "other.zip", python=_interpreter(version))
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (tmp_path / "other.zip").read_bytes() == expected


def test_nothing_but_the_standard_library_is_needed(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-S", "-m", "terrarium.package", "lambda.zip"],
        env={"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / "lambda.zip").is_file()


def test_the_result_carries_the_hash_that_lambda_shows(source: Path, tmp_path: Path) -> None:
    built = package.build(source, tmp_path / "lambda.zip")
    content = (tmp_path / "lambda.zip").read_bytes()
    assert built == package.Package(
        tmp_path / "lambda.zip",
        base64.b64encode(hashlib.sha256(content).digest()).decode(),
        len(content),
    )


def test_an_output_that_is_right_already_is_left_untouched(source: Path, tmp_path: Path) -> None:
    output = package.build(source, tmp_path / "lambda.zip").path
    os.utime(output, (1, 1))
    package.build(source, output)
    assert output.stat().st_mtime == 1


def test_an_output_that_is_wrong_is_replaced(source: Path, tmp_path: Path) -> None:
    expected = _built(source, tmp_path / "right.zip")
    (tmp_path / "lambda.zip").write_bytes(b"half a zi")
    assert _built(source, tmp_path / "lambda.zip") == expected


def test_the_folder_of_the_output_is_made_and_holds_nothing_else(
    source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "build" / "deep" / "lambda.zip"
    package.build(source, output)
    assert list(output.parent.iterdir()) == [output]


@pytest.mark.parametrize("target", ["/etc/hostname", "lambda.py", "missing"])
def test_a_symbolic_link_is_refused(source: Path, tmp_path: Path, target: str) -> None:
    (source / "api" / "linked.py").symlink_to(target)
    with pytest.raises(PackageError, match=r"api/linked\.py: a symbolic link"):
        package.build(source, tmp_path / "lambda.zip")
    assert not (tmp_path / "lambda.zip").exists()


def test_a_linked_folder_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "vendored").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(PackageError, match="vendored: a symbolic link"):
        package.build(source, tmp_path / "lambda.zip")


def test_a_pipe_is_refused_and_never_read(source: Path, tmp_path: Path) -> None:
    os.mkfifo(source / "pipe")
    with pytest.raises(PackageError, match="pipe: not a plain file"):
        package.build(source, tmp_path / "lambda.zip")


def test_a_name_that_is_not_ascii_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "caf\u00e9.py").write_bytes(b"")
    with pytest.raises(PackageError, match="not ASCII"):
        package.build(source, tmp_path / "lambda.zip")


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="no such folder"):
        package.build(tmp_path / "none", tmp_path / "lambda.zip")


def test_an_empty_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackageError, match=r"no lambda\.py"):
        package.build(tmp_path / "empty", tmp_path / "lambda.zip")


def test_a_source_without_the_handler_file_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "lambda.py").rename(source / "api" / "lambda.py")
    with pytest.raises(PackageError, match=r"no lambda\.py"):
        package.build(source, tmp_path / "lambda.zip")


def test_an_output_inside_the_source_is_refused(source: Path) -> None:
    with pytest.raises(PackageError, match="inside its own source"):
        package.build(source, source / "lambda.zip")


def test_an_output_that_cannot_be_written_is_one_clear_line(source: Path, tmp_path: Path) -> None:
    (tmp_path / "lambda.zip").mkdir()
    with pytest.raises(PackageError, match=r"lambda\.zip: Is a directory"):
        package.build(source, tmp_path / "lambda.zip")


def test_the_command_builds_into_the_working_directory(source: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    expected = _built(source, tmp_path / "lambda.zip")
    run = subprocess.run(
        [sys.executable, "-m", "terrarium.package", "lambda.zip", "--source", str(source)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (work / "lambda.zip").read_bytes() == expected


def test_an_error_of_the_command_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    run = _run(tmp_path / "lambda.zip", "--source", str(tmp_path / "none"))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith(f"error {tmp_path / 'none'}: no such folder -> ")
    assert run.stderr.count("\n") == 1
