"""The configuration of an environment in ``live/``, read as Terragrunt reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from terragrunt_runner import UnitReader

from terrarium.errors import ConfigurationError
from terrarium.identity import Account
from terrarium.settings import Environment

_ACCOUNT_ID = re.compile(r"\d{12}")


def read_account(environment: Environment) -> Account:
    """Return account, Region and role of ``env.hcl``. Raises ConfigurationError."""
    file = environment.path / "env.hcl"
    values = UnitReader(os.environ).locals(file)
    account_id = values.get("account_id")
    if not isinstance(account_id, str) or not _ACCOUNT_ID.fullmatch(account_id):
        raise ConfigurationError(
            f"account_id must be a string of 12 digits, not {account_id!r}",
            file=file,
            hint='write account_id = "123456789012", in quotes',
        )
    return Account(
        account_id,
        _text(values, "region", file),
        None if values.get("deploy_role") is None else _text(values, "deploy_role", file),
        is_protected=values.get("deletion_protection") is True,
    )


def read_project(environment: Environment) -> str:
    """Return the name of the project, from ``project.hcl``. Raises ConfigurationError."""
    file = environment.path.parent / "project.hcl"
    return _text(UnitReader(os.environ).locals(file), "project", file)


def read_backends(
    environment: Environment, environ: Mapping[str, str]
) -> dict[str, Mapping[str, Any]]:
    """Return the settings of each unit's S3 backend, for these environment variables.

    Raises ConfigurationError for a unit whose state is not in S3.
    """
    reader = UnitReader(environ)
    backends: dict[str, Mapping[str, Any]] = {}
    for unit in environment.units:
        backend = reader.backend(environment.path / unit)
        if backend is None or backend.type != "s3":
            raise ConfigurationError(
                "its state is not in S3",
                file=environment.path / unit / "terragrunt.hcl",
                hint='include the root: include "root" { … }',
            )
        backends[unit] = backend.settings
    return backends


def _text(values: Mapping[str, Any], name: str, file: Path) -> str:
    value = values.get(name)
    if value is None:
        hint = f'write {name} = "…" into its locals'
        raise ConfigurationError(f"{name} is missing", file=file, hint=hint)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name} must be a string, not {value!r}", file=file)
    return value
