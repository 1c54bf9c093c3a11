"""The backend of a ``remote_state`` block, as a generated file or as arguments of ``init``."""

from __future__ import annotations

from collections.abc import Mapping

from terragrunt_runner.config.model import GeneratedFile, RemoteState
from terragrunt_runner.language.serialise import to_hcl, to_json
from terragrunt_runner.language.values import Value, is_null

_TERRAGRUNT_SETTINGS = frozenset(
    {
        "accesslogging_bucket_name", "accesslogging_bucket_tags", "accesslogging_target_prefix",
        "accesslogging_target_object_partition_date_source", "bucket_sse_algorithm",
        "bucket_sse_kms_key_id", "disable_aws_client_checksums", "disable_bucket_update",
        "dynamodb_table_tags", "enable_lock_table_ssencryption", "s3_bucket_tags",
        "skip_accesslogging_bucket_acl", "skip_accesslogging_bucket_enforced_tls",
        "skip_accesslogging_bucket_public_access_blocking",
        "skip_accesslogging_bucket_ssencryption", "skip_bucket_accesslogging",
        "skip_bucket_enforced_tls", "skip_bucket_public_access_blocking",
        "skip_bucket_root_access", "skip_bucket_ssencryption", "skip_bucket_versioning",
    }
)  # fmt: skip
"""S3 settings that only Terragrunt reads; Terraform's backend block refuses them."""


def generated_backend(state: RemoteState) -> GeneratedFile | None:
    """Return the file that ``generate`` asks for."""
    if state.generate is None:
        return None
    path, if_exists = state.generate
    lines = [f"    {name} = {to_hcl(value, 4)}" for name, value in _settings(state)]
    contents = "\n".join(["terraform {", f'  backend "{state.backend}" {{', *lines, "  }", "}", ""])
    return GeneratedFile("remote_state", path, if_exists, contents, state.place)


def init_arguments(state: RemoteState | None) -> tuple[str, ...]:
    """Return the backend arguments of ``init``. With ``disable_init`` it leaves the backend."""
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
        if not is_null(value) and not (state.backend == "s3" and name in _TERRAGRUNT_SETTINGS)
    ]


def _inline(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}={to_json(value[key])}" for key in sorted(value)) + "}"
    return to_json(value)
