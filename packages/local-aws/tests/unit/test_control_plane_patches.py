"""The registry of patches against the installed libraries, pyproject.toml and our own code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import local_aws
import pytest
from local_aws.control_plane import patches, patching
from local_aws.control_plane.patching import Kind, Patch, PatchError

SOURCE = Path(local_aws.__file__).parent
PROJECT = SOURCE.parents[1] / "pyproject.toml"
LIBRARIES = {"awslambdaric", "boto3", "botocore", "granian", "moto"}
ALL = [patch for extension in patches.EXTENSIONS for patch in extension.patches]


@pytest.mark.parametrize(
    ("extension", "patch"),
    [(extension, patch) for extension in patches.EXTENSIONS for patch in extension.patches],
    ids=lambda value: value.target if isinstance(value, Patch) else "",
)
def test_a_patch_is_for_the_installed_code(extension: patching.Extension, patch: Patch) -> None:
    patches.install()  # checks what it replaces
    if patch.kind in {Kind.WRAP, Kind.OVERRIDE}:
        patching.check(patch)
    else:
        assert patching.member(patch.target) is extension.function(patch)


@pytest.mark.parametrize("extension", patches.EXTENSIONS, ids=lambda extension: extension.module)
def test_an_extension_says_what_it_does_and_why(extension: patching.Extension) -> None:
    assert extension.what.endswith(".")
    assert extension.why.endswith(".")


def test_the_patched_versions_are_pinned() -> None:
    pins = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["dependencies"]
    for library, version in patches.VERSIONS.items():
        [pin] = [each for each in pins if each.startswith(library)]
        assert pin.partition("==")[2] == version
    assert {patch.target.partition(".")[0] for patch in ALL} == set(patches.VERSIONS)


def test_another_version_of_a_library_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "5.3.0")
    with pytest.raises(PatchError) as error:
        patching.install(patches.EXTENSIONS, {"moto": "5.2.5"})
    assert error.value.sentence == (
        "moto 5.3.0 is installed, but local-aws patches moto 5.2.5 -> pip install moto==5.2.5"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"target": "moto.s3.models.S3Backend.gone"},
            "the library has no moto.s3.models.S3Backend",
        ),
        ({"target": "moto.s3.models.Gone.method"}, "the library has no moto.s3.models.Gone.method"),
        ({"digest": "00000000"}, "is not the code that local-aws patches"),
        ({"kind": Kind.ADD, "digest": ""}, "the library already has moto.s3.models.S3Backend"),
    ],
)
def test_changed_code_of_a_library_is_one_clear_line(change: dict[str, Any], message: str) -> None:
    [patch] = [each for each in ALL if each.target.endswith("S3Backend.put_bucket_policy")]
    with pytest.raises(PatchError, match=message):
        patching.check(replace(patch, **change))


def test_nothing_else_patches_a_library() -> None:
    registered = {f"local_aws.{extension.module}" for extension in patches.EXTENSIONS}
    for path in SOURCE.rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        if module not in registered:
            assert list(_patched(ast.parse(path.read_text("utf-8")))) == [], path


def test_a_patch_of_a_library_is_found() -> None:
    code = """
from botocore import loaders as l
from moto.s3.models import S3Backend
import moto.core.utils, sys
l.Loader.x = moto.core.utils.y = 1
setattr(S3Backend, "x", 1)
del S3Backend.x
sys.modules["z"] = None
backend = S3Backend()
backend.x = 1
"""
    assert sorted(_patched(ast.parse(code))) == [5, 5, 6, 7, 8]


def _patched(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that change an attribute of a library, or sys.modules."""
    names = {"sys.modules"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = {(each.asname or each.name, each.name) for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found = {(each.asname or each.name, str(node.module)) for each in node.names}
        else:
            continue
        names |= {name for name, module in found if module.partition(".")[0] in LIBRARIES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.Delete):
            changed: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            changed = [node.target]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"setattr", "delattr"}:
            changed = [ast.Attribute(node.args[0], "")]
        else:
            continue
        for target in changed:
            if isinstance(target, ast.Attribute | ast.Subscript):
                owner = ast.unparse(target.value)
                if any(owner == name or owner.startswith(f"{name}.") for name in names):
                    yield node.lineno
