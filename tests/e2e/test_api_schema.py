"""schemathesis runs every check in every phase against the API behind the local load balancer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clone import Clone

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_ALTERED = "/health"


@pytest.fixture(scope="module")
def url(applied: Clone) -> str:
    """The URL of dev's API."""
    return applied.api_url("dev")


def _run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = (
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), "run"),
        *("--checks", "all", "--generation-deterministic"),
        *("--no-color", *arguments),
    )
    return subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_api_agrees_with_its_document(url: str, tmp_path: Path) -> None:
    run = _run(tmp_path, f"{url}/openapi.json", "--max-examples", "30")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "11 selected / 11 total" in run.stdout
    assert "No issues found" in run.stdout


def _another_status(operation: dict[str, Any]) -> None:
    operation["responses"]["202"] = operation["responses"].pop("200")


def _another_parameter(operation: dict[str, Any]) -> None:
    values = {"type": "string", "enum": ["0", "1", "2"]}
    operation["parameters"] = [{"name": "deep", "in": "query", "schema": values}]


def _another_body(operation: dict[str, Any]) -> None:
    body = {"type": "object", "required": ["uptime"]}
    operation["responses"]["200"]["content"]["application/json"]["schema"] = body


@pytest.mark.parametrize(
    ("alter", "found"),
    [
        (_another_status, "Undocumented status code"),
        (_another_parameter, "Schema-valid request rejected"),
        (_another_body, "Response violates schema"),
    ],
)
def test_a_wrong_document_is_detected(
    url: str, tmp_path: Path, alter: Callable[[dict[str, Any]], None], found: str
) -> None:
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=10) as response:  # noqa: S310
        document = json.load(response)
    alter(document["paths"][_ALTERED]["get"])
    altered = tmp_path / "openapi.json"
    altered.write_text(json.dumps(document))
    run = _run(
        tmp_path,
        *(str(altered), "--url", url, "--include-path", _ALTERED, "--include-method", "GET"),
        *("--max-examples", "5", "--phases", "coverage,fuzzing"),
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert found in run.stdout
