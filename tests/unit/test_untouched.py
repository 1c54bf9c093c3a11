from __future__ import annotations

from pathlib import Path

import pytest

from terrarium import untouched
from terrarium.untouched import Sight, Untouched, inputs

ENVIRON = {"TF_VAR_name": "a", "PWD": "/somewhere"}
TOOLS = ("terraform", "1.11.4")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "terragrunt.hcl").write_text('inputs = { name = get_env("NAME") }\n')
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "foo.json").write_text("{}")
    return tmp_path


def digest(root: Path) -> str | None:
    return inputs(root, ENVIRON, TOOLS)


def test_the_same_files_variables_and_tools_are_the_same_inputs(root: Path) -> None:
    before = digest(root)
    assert before is not None
    (root / ".terrarium").mkdir()
    (root / ".terrarium" / "log").write_text("x")
    (root / "live" / ".terragrunt-cache").mkdir()
    assert inputs(root, {**ENVIRON, "PWD": "/elsewhere"}, TOOLS) == before


def test_a_file_that_is_changed_added_moved_or_removed_makes_others(root: Path) -> None:
    document = root / "documents" / "foo.json"
    seen = {digest(root)}
    document.write_text('{"a": 1}')
    seen.add(digest(root))
    (root / "documents" / "bar.json").write_text("{}")
    seen.add(digest(root))
    document.rename(root / "foo.json")
    seen.add(digest(root))
    (root / "foo.json").unlink()
    seen.add(digest(root))
    assert len(seen) == 5


def test_a_variable_or_a_tool_makes_others(root: Path) -> None:
    found = {
        digest(root),
        inputs(root, {**ENVIRON, "TF_VAR_name": "b"}, TOOLS),
        inputs(root, {**ENVIRON, "NAME": "b"}, TOOLS),
        inputs(root, ENVIRON, ("terraform", "1.12.0")),
    }
    assert len(found) == 4


@pytest.mark.parametrize("word", ['run_cmd("date")', "timestamp()", 'sops_decrypt_file("x")'])
def test_units_that_depend_on_more_than_files_are_always_compared(root: Path, word: str) -> None:
    (root / "live" / "terragrunt.hcl").write_text(f"inputs = {{ a = {word} }}\n")
    assert digest(root) is None


def test_a_folder_that_is_elsewhere_is_not_known(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (root / "modules").symlink_to(tmp_path_factory.mktemp("modules"))
    assert digest(root) is None


def test_too_much_to_read_is_not_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untouched, "_MOST_BYTES", 10)
    assert digest(root) is None


def test_only_the_very_same_sight_of_an_environment_is_known(tmp_path: Path) -> None:
    sight = Sight("inputs", "cloud")
    known = Untouched(tmp_path / "up-to-date.json")
    assert not known.knows("dev", sight)
    known.remember("dev", sight)
    known.remember("prod", Sight("others", "cloud"))
    assert known.knows("dev", sight)
    assert not known.knows("prod", sight)
    assert not known.knows("dev", Sight("inputs", "later"))
    assert not known.knows("dev", Sight("others", "cloud"))


@pytest.mark.parametrize("content", ["", "[]", '{"dev": "inputs"}', "\0"])
def test_a_damaged_memory_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "up-to-date.json"
    path.write_text(content)
    assert not Untouched(path).knows("dev", Sight("inputs", "cloud"))


def test_what_cannot_be_remembered_is_compared_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    known = Untouched(tmp_path / "file" / "up-to-date.json")
    known.remember("dev", Sight("inputs", "cloud"))
    assert not known.knows("dev", Sight("inputs", "cloud"))
