"""Each package builds a wheel that works alone in an empty environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from terrarium import settings

pytestmark = pytest.mark.soak  # a new environment takes a minute to fill


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    base = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env=base | environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def install(package: str, folder: Path) -> Path:
    """Build the wheel and install only it and its dependencies; return the folder of scripts."""
    source = settings.ROOT / "packages" / package
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist"))
    run(*build, cwd=source)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    scripts = folder / "venv" / "bin"
    requirements = settings.ROOT / "requirements.lock"
    pinned = [
        line.removesuffix(" \\")
        for line in requirements.read_text().splitlines()
        if line and not line.startswith((" ", "#", "-"))
    ]
    (folder / "constraints.txt").write_text("\n".join(pinned))
    pip = (scripts / "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--constraint", folder / "constraints.txt", wheel, cwd=folder)
    return scripts


def test_local_aws_starts_and_stops_from_its_wheel(tmp_path: Path) -> None:
    scripts = install("local-aws", tmp_path)
    environ = {"XDG_STATE_HOME": str(tmp_path / "states")}
    try:
        exports = run(scripts / "local-aws", "up", cwd=tmp_path, **environ)
        assert exports.startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:")
        status = json.loads(run(scripts / "local-aws", "status", "--json", cwd=tmp_path, **environ))
        assert [each["state"] for each in status] == ["running", "running"]
    finally:
        run(scripts / "local-aws", "down", cwd=tmp_path, **environ)
    assert (tmp_path / "states" / "local-aws").is_dir()


def test_terragrunt_runner_finds_units_from_its_wheel(tmp_path: Path) -> None:
    scripts = install("terragrunt-runner", tmp_path)
    assert "terragrunt" in run(scripts / "terragrunt", "--version", cwd=tmp_path)
    for unit in ("a", "nested/b"):
        (tmp_path / "live" / unit).mkdir(parents=True)
        (tmp_path / "live" / unit / "terragrunt.hcl").write_text('terraform { source = "." }')
    assert run(scripts / "terragrunt", "find", cwd=tmp_path / "live").split() == ["a", "nested/b"]
