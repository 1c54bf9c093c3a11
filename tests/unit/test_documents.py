from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest

from terrarium import documents, settings
from terrarium.documents import Document
from terrarium.errors import DocumentError
from tests.unit.api.function import LAMBDA_SRC


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


def test_the_documents_of_this_repository_are_valid() -> None:
    assert {document.name for document in documents.load(settings.DOCUMENTS)} >= {"foo", "bar"}


def test_documents_are_sorted_by_name(source: Path) -> None:
    assert documents.load(source) == (
        Document("bar", source / "bar.json", b'{"greeting": "I am the Bar"}\n'),
        Document("foo", source / "foo.json", b'{"greeting": "I am the Foo"}\n'),
    )


def test_mirror_makes_the_target_hold_exactly_the_documents(source: Path, target: Path) -> None:
    mirrored = documents.mirror(source, target)
    assert mirrored == (target / "bar.json", target / "foo.json")
    assert _content(target) == _content(source)
    (source / "foo.json").unlink()
    (target / "notes.txt").write_text("mine")
    documents.mirror(source, target)
    assert set(_content(target)) == {"bar.json", "notes.txt"}


def test_mirror_does_not_touch_an_unchanged_document(source: Path, target: Path) -> None:
    documents.mirror(source, target)
    for path in target.iterdir():
        os.utime(path, (1, 1))
    (source / "foo.json").write_bytes(b"{}")
    documents.mirror(source, target)
    times = {path.name: path.stat().st_mtime for path in target.iterdir()}
    assert times["bar.json"] == 1
    assert times["foo.json"] > 1


def test_mirror_writes_nothing_when_one_document_is_invalid(source: Path, target: Path) -> None:
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
        (b"", ":1: not JSON: expecting value (column 1)"),
        (b'{\n"a": 1,\n}', ":3: not JSON: "),
        (b'{"a": 1}\n\n{"b": 2}', ":3: not JSON: extra data"),
        (b'{\n"a": "tab\there"}', ":2: not JSON: invalid control character"),
        (b"// comment\n{}", ":1: not JSON: expecting value"),
        (b"[\n1,\n02]", ":3: not JSON: "),
        (b"[\0]", ":1: not JSON: "),
        (b'{\n"a": NaN}', ": not JSON: NaN is not a JSON number"),
        (b'{"a": "NaN",\n"b": -Infinity}', ": not JSON: -Infinity is not a JSON number"),
        (b'[{"a": {"b": 1}}, {"a": {"b": 1, "b": 2}}]', ': not JSON: duplicate key "b"'),
        (b'{"a": 1, "\\u0061": 2}', ': not JSON: duplicate key "a"'),
        (b"[" * 101 + b"]" * 101, ": nested more than 100 deep"),
        (b"[" * 100_000 + b"]" * 100_000, ": nested more than 100 deep"),
        (b'{\n"a": "\xff"}', ":2: not UTF-8"),
        (b"\xef\xbb\xbf{}", ":1: not JSON: it starts with a byte order mark"),
        ("[]".encode("utf-16"), ":1: not UTF-8"),
        (b'"' + b"a" * 1_000_000 + b'"', ": too large: 1,000,006 bytes"),
    ],
    ids=lambda value: ascii(value[:24]),
)
def test_an_invalid_document_is_refused_by_file_and_reason(
    source: Path, content: bytes, message: str
) -> None:
    (source / "foo.json").write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        documents.load(source)
    assert caught.value.message.startswith(f"documents/foo.json{message}")


@pytest.mark.parametrize(
    "content",
    [
        '[{"a": {"a": 1}}, {"a": ["a", {"a": "a"}]}]',
        "[" + "[],{}," * 200 + '"[[[["]',
        "[" * 100 + "]" * 100,
        "9" * 100_000,
        '"\u00e9\U0001f331"',
    ],
    ids=["same key in different objects", "wide", "deepest", "long number", "not ASCII"],
)
def test_unusual_but_strict_json_is_accepted(source: Path, content: str) -> None:
    (source / "foo.json").write_bytes(content.encode())
    assert len(documents.load(source)) == 2


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
        documents.load(source)
    assert name in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["README.md", ".foo.json.swp", ".draft.json", "foo.json~"])
def test_other_files_are_ignored(source: Path, name: str) -> None:
    (source / name).write_bytes(b"not JSON")
    assert len(documents.load(source)) == 2


def test_a_symbolic_link_or_a_folder_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "private.json").write_bytes(b"{}")
    (source / "linked.json").symlink_to(tmp_path / "private.json")
    with pytest.raises(DocumentError, match=r"documents/linked\.json: not a plain file"):
        documents.load(source)
    (source / "linked.json").unlink()
    (source / "more.json").mkdir()
    with pytest.raises(DocumentError, match=r"documents/more\.json: not a plain file"):
        documents.load(source)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match="no documents"):
        documents.load(tmp_path / "empty")
    with pytest.raises(DocumentError, match="none: No such file or directory"):
        documents.load(tmp_path / "none")


@pytest.mark.parametrize("inside", [".", "target"])
def test_a_target_inside_the_documents_is_refused(source: Path, inside: str) -> None:
    with pytest.raises(DocumentError, match="cannot be inside"):
        documents.mirror(source, source / inside)


def test_the_limits_are_those_of_the_api() -> None:
    assert str(LAMBDA_SRC) in sys.path
    storage, message = (importlib.import_module(f"api.{name}") for name in ("storage", "message"))
    assert storage.NAME.pattern == documents.NAME.pattern
    assert message.MAX_BODY_BYTES == documents.MAX_WIRE_BYTES
