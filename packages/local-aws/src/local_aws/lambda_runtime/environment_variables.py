"""The environment variables of a worker.

Source: Lambda developer guide, "Defined runtime environment variables".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws.lambda_runtime.function_version import FunctionVersion


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the function's execution role. ``expires_at`` is seconds since the epoch."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where AWS is for a function; ``s3_url`` where S3 is, if not in the same place."""

    url: str
    s3_url: str | None = None


def variables(
    function: FunctionVersion,
    *,
    task_root: Path,
    runtime_api: str,
    log_stream: str,
    credentials: Credentials,
    endpoints: Endpoints,
) -> Mapping[str, str]:
    """What the worker sees: the function's own variables below those that Lambda reserves.

    Nothing of this process's environment reaches the function, except the search path for
    executables; ``runtime_api`` is ``host:port``.
    """
    reserved = {
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": function.region,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",  # on AWS, too, nobody need listen there
        "LAMBDA_TASK_ROOT": str(task_root),
        "TZ": ":UTC",
    }
    if function.log_level is not None:
        reserved["AWS_LAMBDA_LOG_LEVEL"] = function.log_level
    ours = {
        "AWS_ENDPOINT_URL": endpoints.url,
        # On Lambda there is no home with a configuration; the developer's own must not leak in.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LANG": "C.UTF-8",
        "PATH": os.environ.get("PATH", os.defpath),
    }
    if endpoints.s3_url is not None:
        ours["AWS_ENDPOINT_URL_S3"] = endpoints.s3_url
    return {**ours, **dict(function.environment), **reserved}
