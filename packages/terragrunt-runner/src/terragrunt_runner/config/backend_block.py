"""The backend block of a ``remote_state``, as a generated file or as arguments of ``init``."""

from __future__ import annotations

from collections.abc import Mapping

from terragrunt_runner.config.model import GeneratedFile, RemoteState
from terragrunt_runner.language.serialise import to_hcl, to_json
from terragrunt_runner.language.values import Value, is_null
from terragrunt_runner.state.bucket import TERRAGRUNT_ONLY


def generated_backend(state: RemoteState) -> GeneratedFile | None:
    """The file that ``generate`` asks for."""
    if state.generate is None:
        return None
    path, if_exists = state.generate
    lines = [f"    {name} = {to_hcl(value, 4)}" for name, value in _settings(state)]
    contents = "\n".join(["terraform {", f'  backend "{state.backend}" {{', *lines, "  }", "}", ""])
    return GeneratedFile("remote_state", path, if_exists, contents, state.place)


def init_arguments(state: RemoteState | None) -> tuple[str, ...]:
    """What ``init`` is told. ``disable_init`` leaves the backend alone, as in Terragrunt."""
    if state is None:
        return ()
    if state.disable_init:
        return ("-backend=false",)
    if state.generate is not None:
        return ()
    return tuple(f"-backend-config={name}={_inline(value)}" for name, value in _settings(state))


def _settings(state: RemoteState) -> list[tuple[str, Value]]:
    return [
        (name, value)
        for name, value in sorted(state.config.items())
        if not is_null(value) and not (state.backend == "s3" and name in TERRAGRUNT_ONLY)
    ]


def _inline(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}={to_json(value[key])}" for key in sorted(value)) + "}"
    return to_json(value)
