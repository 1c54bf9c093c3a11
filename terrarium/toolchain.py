"""Find Terraform, Terragrunt and a provider mirror."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from terrarium import atomic, settings
from terrarium.errors import ToolchainError

MINIMUM_TERRAFORM = (1, 11, 0)
"""The first release whose S3 backend locks with a lock file alone."""

PROVIDER = "registry.terraform.io/hashicorp/aws"
MIRROR_VARIABLE = "TERRARIUM_PROVIDER_MIRROR"

_BIN = settings.ROOT / ".venv" / "bin"
_LAUNCHER_MARK = b"from terrarium.launchers import"
_LAUNCHER_BYTES = 4096
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_LOCKED = re.compile(rf'provider "{re.escape(PROVIDER)}" {{\s+version\s+= "([^"]+)"')
_SECONDS_TO_ANSWER = 20


@dataclass(frozen=True, slots=True)
class Tool:
    """A program and the version that it printed."""

    path: Path
    version: str


@dataclass(frozen=True, slots=True)
class Terragrunt:
    """The official binary, or terragrunt-runner, whose ``version`` is None."""

    path: Path
    version: str | None

    @property
    def is_official(self) -> bool:
        return self.version is not None

    def command(self, *arguments: str) -> list[str]:
        """Return the argument list that starts it."""
        if self.is_official:
            return [str(self.path), *arguments]
        return [str(self.path), "-P", "-m", "terragrunt_runner", *arguments]


@dataclass(frozen=True, slots=True)
class Providers:
    """Provider source of ``terraform init``.

    ``configuration`` is Terraform's CLI configuration file; ``mirror`` is the unpacked mirror in
    it, None for the registry. ``is_generated`` is False if TF_CLI_CONFIG_FILE names an existing
    file: it is the user's and is not changed.
    """

    configuration: Path
    mirror: Path | None
    is_generated: bool


def terraform() -> Tool:
    """Return the Terraform on PATH if it is new enough, else the launcher of PyPI's.

    Raises ToolchainError if there is neither.
    """
    found = terraform_on_path()
    if found is not None:
        return found
    launcher = _BIN / "terraform"
    if launcher.is_file():
        return Tool(launcher, _terraform_version(launcher))
    for path in _on_path("terraform"):
        version = _terraform_version(path)
        raise ToolchainError(
            f"Terraform {version} at {path} is too old: {_minimum()} or newer is needed",
            hint="install a newer one, or let PyPI's be installed: rm .venv && ./inv doctor",
        )
    raise ToolchainError(
        "no Terraform on PATH",
        hint="install Terraform, or let PyPI's be installed: rm .venv && ./inv doctor",
    )


def terraform_on_path() -> Tool | None:
    """Return the first Terraform on PATH that is new enough and not a launcher of ours."""
    for path in _on_path("terraform"):
        version = _terraform_version(path)
        if _parse(version) >= MINIMUM_TERRAFORM:
            return Tool(path, version)
    return None


def terragrunt() -> Terragrunt:
    """Return the official binary on PATH, else terragrunt-runner."""
    for path in _on_path("terragrunt"):
        answer = _run(path, "--version")
        # An installed terragrunt-runner has the same name.
        if not answer.startswith("terragrunt-runner"):
            return Terragrunt(path, _terragrunt_version(path, answer))
    return Terragrunt(Path(sys.executable), None)


def find_mirror(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return an unpacked provider mirror: it contains ``registry.terraform.io/hashicorp/aws``.

    TERRARIUM_PROVIDER_MIRROR names it. Otherwise the first of Terraform's implied mirror folders
    and of the subfolders of /opt, /srv, /usr/share and /usr/local/share; None if none is a mirror.
    Raises ToolchainError if TERRARIUM_PROVIDER_MIRROR names another folder.
    """
    named = environ.get(MIRROR_VARIABLE)
    if named:
        if (Path(named) / PROVIDER).is_dir():
            return Path(named).resolve()
        raise ToolchainError(
            f"{MIRROR_VARIABLE}={named} is not a provider mirror: it does not contain {PROVIDER}",
            hint=f"unset {MIRROR_VARIABLE}, or make one: terraform providers mirror FOLDER",
        )
    return next((path for path in _mirror_candidates(environ) if (path / PROVIDER).is_dir()), None)


def _mirror_candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environ.get("HOME") or "/nonexistent")
    data_home = environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    data_dirs = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    yield home / ".terraform.d/plugins"
    yield home / "Library/Application Support/io.terraform/plugins"
    for folder in (data_home, *data_dirs.split(":")):
        yield Path(folder) / "terraform/plugins"
    for folder in ("/opt", "/srv", "/usr/share", "/usr/local/share"):
        try:
            yield from sorted(path for path in Path(folder).iterdir() if path.is_dir())
        except OSError:
            continue


def providers(environ: Mapping[str, str] = os.environ) -> Providers:
    """Write the CLI configuration under ``.terrarium/`` and return it.

    Terraform links to the files of a mirror. From the registry it downloads, so it gets a plugin
    cache, for all units to share. Terraform's cache is not safe for units in parallel: official
    Terragrunt has another one for this, and terragrunt-runner initializes one unit at a time.
    """
    chosen = environ.get("TF_CLI_CONFIG_FILE")
    if chosen and Path(chosen).is_file():
        return Providers(Path(chosen), None, is_generated=False)
    mirror = find_mirror(environ)
    configuration = settings.STATE_DIR / "terraform.rc"
    if mirror is not None:
        content = (
            "provider_installation {\n"
            f"  filesystem_mirror {{\n    path = {json.dumps(str(mirror))}\n  }}\n"
            f'  direct {{\n    exclude = ["{PROVIDER}"]\n  }}\n'
            "}\n"
        )
    elif terragrunt().is_official:
        content = ""
    else:
        cache = settings.STATE_DIR / "plugin-cache"
        cache.mkdir(parents=True, exist_ok=True)
        content = f"plugin_cache_dir = {json.dumps(str(cache))}\n"
    content += "disable_checkpoint = true\n"
    atomic.write(configuration, content.encode())
    return Providers(configuration, mirror, is_generated=True)


def without_provider_check(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which Terraform does not verify the provider, for plans only.

    Terraform hashes the provider's 700 MB for each command and compares the hash with the lock.
    ``init`` has verified it already, so a development override names the unpacked provider.
    Returns ``environ`` if the provider is not found or TF_CLI_CONFIG_FILE is the user's.
    """
    unpacked = _unpacked(find_mirror(environ) or settings.STATE_DIR / "plugin-cache")
    if environ["TF_CLI_CONFIG_FILE"] != str(settings.STATE_DIR / "terraform.rc") or not unpacked:
        return dict(environ)
    configuration = settings.STATE_DIR / "terraform-without-provider-check.rc"
    source = PROVIDER.partition("/")[2]
    overrides = f"dev_overrides {{\n    {json.dumps(source)} = {json.dumps(str(unpacked))}\n  }}"
    content = f"provider_installation {{\n  {overrides}\n  direct {{}}\n}}\n"
    atomic.write(configuration, (content + "disable_checkpoint = true\n").encode())
    return {**environ, "TF_CLI_CONFIG_FILE": str(configuration)}


def _unpacked(mirror: Path) -> Path | None:
    """Return the folder of the locked provider in a mirror or cache, for this platform."""
    locked = _LOCKED.search((settings.ROOT / ".terraform.lock.hcl").read_text())
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    if locked is None:
        return None
    folder = mirror / PROVIDER / locked[1] / f"{platform.system().lower()}_{architecture}"
    return folder if folder.is_dir() else None


def environ(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for Terraform and Terragrunt: ``base``, tools and providers."""
    path = base.get("PATH", os.defpath)
    chosen = terraform()
    source = providers(base)
    if source.is_generated and source.mirror is None and terragrunt().is_official:
        base = {"TG_PROVIDER_CACHE": "true", **base}
    return {
        # Terraform and the provider run for seconds and mostly read a schema. Collecting garbage a
        # quarter as often saves a quarter of the processor time and costs a sixth more memory.
        "GOGC": "400",
        **base,
        "TERRARIUM_PYTHON": sys.executable,  # for ./inv in hooks
        "PATH": path if str(_BIN) in path.split(os.pathsep) else f"{_BIN}{os.pathsep}{path}",
        "TF_CLI_CONFIG_FILE": str(source.configuration),
        "TF_IN_AUTOMATION": "1",
        "TG_TF_PATH": str(chosen.path),
    }


def _on_path(name: str) -> Iterator[Path]:
    """Yield every program of this name on PATH, in order, without the launchers of checkouts.

    The launchers search PATH for the same program.
    """
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(name, path=folder or os.curdir)
        if found and not _is_launcher(Path(found)):
            yield Path(found).absolute()


def _is_launcher(path: Path) -> bool:
    try:
        with path.open("rb") as program:
            return _LAUNCHER_MARK in program.read(_LAUNCHER_BYTES)
    except OSError:
        return False


def _terraform_version(path: Path) -> str:
    output = _run(path, "version", "-json")
    try:
        return str(json.loads(output)["terraform_version"])
    except (ValueError, KeyError, TypeError):
        raise ToolchainError(
            f"{path} does not answer 'version -json' like Terraform",
            hint="put a real Terraform before it on PATH",
        ) from None


def _terragrunt_version(path: Path, answer: str) -> str:
    match = _VERSION.search(answer)
    if match is None:
        raise ToolchainError(
            f"{path} does not answer --version like Terragrunt",
            hint="take it off PATH, or put the official binary before it",
        )
    return match[0]


def _run(path: Path, *arguments: str) -> str:
    # If the CLI configuration does not exist, Terraform prints a warning before its answer.
    environ = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"}
    environ["CHECKPOINT_DISABLE"] = "1"
    try:
        done = subprocess.run(
            [path, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=environ,
            timeout=_SECONDS_TO_ANSWER,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolchainError(
            f"{path} {' '.join(arguments)} does not run: {error}", hint="reinstall it"
        ) from None
    return done.stdout


def _parse(version: str) -> tuple[int, int, int]:
    match = _VERSION.match(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)


def _minimum() -> str:
    return ".".join(str(part) for part in MINIMUM_TERRAFORM[:2])
