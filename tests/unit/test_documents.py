from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from terrarium import documents
from terrarium.documents import Document
from terrarium.errors import DocumentError
from tests.unit.api.function import LAMBDA_SRC

ROOT = Path(__file__).parents[2]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "foo.json").write_bytes(b'{"greeting": "I am the Foo"}\n')
    (folder / "bar.json").write_bytes(b'{"greeting": "I am the Bar"}\n')
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "work" / "documents"


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_documents_of_this_checkout_are_right() -> None:
    assert {path.name for path in documents.check()} >= {"foo.json", "bar.json"}


def test_documents_come_in_the_order_of_their_names(source: Path) -> None:
    assert documents.load(source) == (
        Document("bar", source / "bar.json", b'{"greeting": "I am the Bar"}\n'),
        Document("foo", source / "foo.json", b'{"greeting": "I am the Foo"}\n'),
    )


def test_the_target_holds_exactly_the_documents(source: Path, target: Path) -> None:
    mirrored = documents.mirror(source, target)
    assert mirrored == (target / "bar.json", target / "foo.json")
    assert _content(target) == _content(source)


def test_a_document_that_is_gone_is_removed_from_the_target(source: Path, target: Path) -> None:
    documents.mirror(source, target)
    (source / "foo.json").unlink()
    documents.mirror(source, target)
    assert set(_content(target)) == {"bar.json"}


def test_a_file_in_the_target_that_is_no_document_is_never_removed(
    source: Path, target: Path
) -> None:
    target.mkdir(parents=True)
    (target / "notes.txt").write_text("mine")
    documents.mirror(source, target)
    assert (target / "notes.txt").read_text() == "mine"


def test_an_unchanged_document_is_left_untouched(source: Path, target: Path) -> None:
    documents.mirror(source, target)
    for path in target.iterdir():
        os.utime(path, (1, 1))
    (source / "foo.json").write_bytes(b"{}")
    documents.mirror(source, target)
    times = {path.name: path.stat().st_mtime for path in target.iterdir()}
    assert times["bar.json"] == 1
    assert times["foo.json"] > 1


def test_nothing_is_written_unless_every_document_is_right(source: Path, target: Path) -> None:
    documents.mirror(source, target)
    before = _content(target)
    (source / "bar.json").write_bytes(b'{"greeting": "new"}')
    (source / "zoo.json").write_bytes(b"{")
    with pytest.raises(DocumentError):
        documents.mirror(source, target)
    assert _content(target) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "documents/foo.json:1: not JSON: expecting value (column 1)"),
        (b'{\n"a": 1,\n}', "documents/foo.json:3: not JSON: "),
        (b'{\n"a": NaN}', "documents/foo.json:2: not JSON: NaN is not a JSON number"),
        (b'{\n"a": 1,\n"a": 2}', 'documents/foo.json:3: not JSON: duplicate key "a"'),
        (b'{\n"a": "\xff"}', "documents/foo.json:2: not UTF-8"),
        (b"\xef\xbb\xbf{}", "documents/foo.json:1: not JSON: a byte order mark"),
        ("[]".encode("utf-16"), "documents/foo.json:1: not UTF-8"),
        (b"[\0]", "documents/foo.json:1: not JSON: "),
        (b'"' + b"a" * 1_000_000 + b'"', "documents/foo.json: too large: 1,000,006 bytes"),
    ],
    ids=lambda value: ascii(value[:24]),
)
def test_a_document_that_is_not_json_is_named_with_its_line(
    source: Path, content: bytes, message: str
) -> None:
    (source / "foo.json").write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        documents.check(source)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    "name",
    [
        "Foo.json",
        "foo.JSON",
        "f\u00f6\u00f6.json",
        "a b.json",
        "-a.json",
        "a.b.json",
        "a" * 65 + ".json",
    ],
)
def test_a_name_that_the_api_does_not_take_is_refused(source: Path, name: str) -> None:
    (source / name).write_bytes(b"{}")
    with pytest.raises(DocumentError, match="the API does not take this name") as caught:
        documents.check(source)
    assert name in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["README.md", ".foo.json.swp", ".draft.json", "foo.json~"])
def test_other_files_are_none_of_the_apis_business(source: Path, name: str) -> None:
    (source / name).write_bytes(b"not JSON")
    assert len(documents.check(source)) == 2


def test_a_symbolic_link_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "private.json").write_bytes(b"{}")
    (source / "linked.json").symlink_to(tmp_path / "private.json")
    with pytest.raises(DocumentError, match=r"documents/linked\.json: not a plain file"):
        documents.check(source)


def test_a_folder_named_like_a_document_is_refused(source: Path) -> None:
    (source / "more.json").mkdir()
    with pytest.raises(DocumentError, match=r"documents/more\.json: not a plain file"):
        documents.check(source)


def test_no_documents_at_all_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match="no documents"):
        documents.check(tmp_path / "empty")


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="none: No such file or directory"):
        documents.check(tmp_path / "none")


@pytest.mark.parametrize("inside", [".", "target"])
def test_a_target_inside_the_documents_is_refused(source: Path, inside: str) -> None:
    with pytest.raises(DocumentError, match="cannot be inside"):
        documents.mirror(source, source / inside)


def test_the_limits_are_those_of_the_api() -> None:
    assert str(LAMBDA_SRC) in sys.path
    storage, message = (importlib.import_module(f"api.{name}") for name in ("storage", "message"))
    assert storage.NAME.pattern == documents.NAME.pattern
    assert message.MAX_BODY_BYTES == documents.MAX_WIRE_BYTES


def _run(target: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", "-m", "terrarium.documents", str(target), *more],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_needs_nothing_but_the_standard_library(target: Path) -> None:
    run = _run(target)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert _content(target) == {d.path.name: d.content for d in documents.load()}


def test_an_error_of_the_command_is_one_line_and_an_exit_code(source: Path, target: Path) -> None:
    (source / "foo.json").write_bytes(b"{\n")
    run = _run(target, "--source", str(source))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("error documents/foo.json:2: not JSON: ")
    assert run.stderr.count("\n") == 1
    assert not target.exists()
