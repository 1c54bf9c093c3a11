"""The task ``doctor``: checks of this machine, with a command to fix each problem."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass

from local_aws import DEFAULT_PORT, is_free
from rich.table import Table

from terrarium import console, deployment, documents, local, settings, toolchain
from terrarium.errors import TerrariumError
from terrarium.targets import choose, has_aws_credentials


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of one check. ``fix`` is empty if there is no problem."""

    name: str
    ok: bool
    found: str
    fix: str = ""


class NotReadyError(TerrariumError):
    """Something that a task needs is missing."""


def run(*, as_json: bool) -> None:
    """Print the results. Raises NotReadyError if a check found a problem."""
    results = list(examine())
    if as_json:
        console.data_json([asdict(result) for result in results])
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        for result in results:
            mark = "[green]ok[/]" if result.ok else "[red]missing[/]"
            table.add_row(mark, result.name, result.found)
            if result.fix:
                table.add_row("", "", f"[bold]fix:[/] {result.fix}")
        console.table(table)
    missing = [result.name for result in results if not result.ok]
    if missing:
        raise NotReadyError(f"not ready: {', '.join(missing)}", hint="the fixes are listed above")


def examine() -> Iterator[Diagnosis]:
    """Check everything that a task may need."""
    yield Diagnosis("Python", True, f"{platform.python_version()} at {sys.executable}")
    yield _check("Terraform", _terraform)
    yield _check("Terragrunt", _terragrunt)
    yield _check("providers", _providers)
    yield _check("documents", _documents)
    yield _check("target", _target)
    ports = {"control plane": DEFAULT_PORT}
    for environment in settings.environments().values():
        ports[f"load balancer of {environment.name}"] = local.http_port(environment)
    ours = {url for process in deployment.local_cloud().status() for url in process.urls}
    for name, port in ports.items():
        yield Diagnosis(name, True, _port(port, ours))


def _check(name: str, found: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(name, True, found())
    except console.person_errors() as error:
        return Diagnosis(name, False, error.message, error.hint or "")


def _terraform() -> str:
    tool = toolchain.terraform()
    return f"{tool.version} at {tool.path}"


def _terragrunt() -> str:
    tool = toolchain.terragrunt()
    if tool.is_official:
        return f"official {tool.version} at {tool.path}"
    return "terragrunt-runner (no official binary on PATH)"


def _providers() -> str:
    found = toolchain.providers()
    if not found.is_generated:
        return f"as {found.configuration} says (TF_CLI_CONFIG_FILE)"
    return f"mirror {found.mirror}" if found.mirror else "the public registry"


def _documents() -> str:
    return f"{len(documents.load(settings.DOCUMENTS))} valid"


def _target() -> str:
    choice = choose("auto", os.environ, has_aws_credentials)
    return f"{choice.kind.value}: {choice.reason}"


def _port(port: int, ours: Collection[str]) -> str:
    if any(url.endswith(f":{port}") for url in ours):
        return f"answers on port {port}"
    if is_free(port):
        return f"port {port} is free"
    return f"port {port} is taken; another will be used"
