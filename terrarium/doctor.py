"""Says what was found on this machine and, for what is missing, the one command that fixes it."""

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
class Finding:
    """One thing that was looked at. ``fix`` is empty where nothing is wrong."""

    name: str
    is_well: bool
    found: str
    fix: str = ""


class UnwellError(TerrariumError):
    """Something that a task needs is missing."""


def run(*, as_json: bool) -> None:
    """Print the findings. Raises UnwellError when one of them is not well."""
    findings = list(examine())
    if as_json:
        console.data_json([asdict(finding) for finding in findings])
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        for finding in findings:
            mark = "[green]ok[/]" if finding.is_well else "[red]missing[/]"
            table.add_row(mark, finding.name, finding.found)
            if finding.fix:
                table.add_row("", "", f"[bold]fix:[/] {finding.fix}")
        console.table(table)
    missing = [finding.name for finding in findings if not finding.is_well]
    if missing:
        raise UnwellError(f"not ready: {', '.join(missing)}", hint="the fixes are named above")


def examine() -> Iterator[Finding]:
    """Look at everything that a task may need, each thing by itself."""
    yield Finding("Python", True, f"{platform.python_version()} at {sys.executable}")
    yield _look("Terraform", _terraform)
    yield _look("Terragrunt", _terragrunt)
    yield _look("providers", _providers)
    yield _look("documents", _documents)
    yield _look("target", _target)
    ports = {"control plane": DEFAULT_PORT}
    for environment in settings.environments().values():
        ports[f"load balancer of {environment.name}"] = local.http_port(environment)
    ours = {url for process in deployment.local_cloud().status() for url in process.urls}
    for name, port in ports.items():
        yield Finding(name, True, _port(port, ours))


def _look(name: str, at: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, at())
    except console.PERSON_ERRORS as error:
        return Finding(name, False, error.message, error.hint or "")


def _terraform() -> str:
    tool = toolchain.terraform()
    return f"{tool.version} at {tool.path}"


def _terragrunt() -> str:
    tool = toolchain.terragrunt()
    if tool.is_official:
        return f"official {tool.version} at {tool.path}"
    return "Terrarium's own runner (no official binary on PATH)"


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
