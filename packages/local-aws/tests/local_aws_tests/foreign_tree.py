"""The tree in ``tests/e2e/foreign_tree``: another project, which knows nothing of local-aws."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from local_aws_tests.balanced import eventually

TREE = Path(__file__).parents[1] / "e2e" / "foreign_tree"
ACCOUNT = "123456789012"
"""Account of keys that belong to no user and no role."""

_PROVIDER = "registry.terraform.io/hashicorp/aws"


def local_aws(state: Path, *arguments: str) -> str:
    """Run the command ``local-aws`` and return what it prints."""
    command = [sys.executable, "-W", "ignore", "-m", "local_aws", "--state", str(state)]
    ran = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def copy_tree(folder: Path) -> Path:
    """Copy the tree and build the packages of its functions beside ``main.tf``."""
    shutil.copytree(TREE, folder)
    for source in (folder / "functions").glob("*.py"):
        with zipfile.ZipFile(folder / f"{source.stem}.zip", "w") as archive:
            archive.write(source, source.name)
    return folder


def environ(exports: str, folder: Path) -> dict[str, str]:
    """Return the environment of a shell that has evaluated the three lines of ``up``."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables = dict(line.removeprefix("export ").split("=", 1) for line in exports.splitlines())
    assert variables.keys() == {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{base.get('PATH', os.defpath)}"
    if shutil.which("terraform", path=path) is None:
        pytest.skip("no Terraform on PATH")
    return {**base, **variables, **_providers(base, folder), "PATH": path}


def run(folder: Path, environ: Mapping[str, str], *command: str) -> str:
    ran = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout


def check(state: Path, environ: Mapping[str, str], dns_names: Mapping[str, str]) -> None:
    """Send requests through both load balancers, and look at what the functions did."""
    urls = eventually(lambda: _urls(state, dns_names), 30)
    assert _get(urls["stock"], "/plum") == (200, {"item": "plum", "region": "us-west-2"})
    answer = {"order": "apple", "stock": {"item": "apple", "region": "us-west-2"}}
    assert _get(urls["orders"], "/orders/apple") == (201, answer)
    assert _client(environ, "dynamodb").get_item(
        TableName="harbour-orders", Key={"id": {"S": "apple"}}
    )["Item"] == {"id": {"S": "apple"}}
    sqs = _client(environ, "sqs")
    queue = sqs.get_queue_url(QueueName="harbour-shipments")["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert [each["Body"] for each in messages] == ["apple"]


def _urls(state: Path, dns_names: Mapping[str, str]) -> dict[str, str] | None:
    """Return the local URL by service, as soon as both are served."""
    from local_aws import LocalCloud

    served = {each.dns_name: each.url for each in LocalCloud(state).listeners(ACCOUNT)}
    if not set(dns_names.values()) <= served.keys():
        return None
    return {service: served[name] for service, name in dns_names.items()}


def _get(url: str, path: str) -> tuple[int, Any]:
    with urllib.request.urlopen(url + path, timeout=30) as response:  # noqa: S310
        return response.status, json.load(response)


def _client(environ: Mapping[str, str], service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name="eu-central-1",
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )


def _providers(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Point Terraform at a mirror of providers on this machine, if there is one."""
    chosen = base.get("TF_CLI_CONFIG_FILE")
    if chosen and Path(chosen).is_file():
        return {}
    configuration = folder.with_suffix(".terraformrc")
    mirror = next((path for path in _mirrors() if (path / _PROVIDER).is_dir()), None)
    source = "direct {}"
    if mirror is not None:
        source = f"filesystem_mirror {{\n path = {json.dumps(str(mirror))}\n }}\n"
        source += f" direct {{\n exclude = [{json.dumps(_PROVIDER)}]\n }}"
    configuration.write_text(f"provider_installation {{\n {source}\n}}\n")
    return {"TF_CLI_CONFIG_FILE": str(configuration)}


def _mirrors() -> Iterator[Path]:
    yield Path.home() / ".terraform.d" / "plugins"
    for folder in ("/opt", "/srv", "/usr/share", "/usr/local/share"):
        if Path(folder).is_dir():
            yield from sorted(Path(folder).iterdir())
