"""Environment variables of a worker.

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
    """Credentials of the execution role. ``expires_at`` is seconds since the epoch."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Endpoint URL of AWS for a function; ``s3_url`` is the one of S3 if it differs."""

    url: str
    s3_url: str | None = None


def variables(
    function: FunctionVersion,
    *,
    task_root: Path,
    log_stream: str,
    credentials: Credentials,
    endpoints: Endpoints,
) -> Mapping[str, str]:
    """Return the environment of a worker; Lambda's reserved variables override the function's.

    Of the environment of this process, the function gets ``PATH`` only.
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
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",  # as on AWS; the client here has a socket
        "AWS_REGION": function.region,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",  # no daemon; on AWS it is optional
        "LAMBDA_TASK_ROOT": str(task_root),
        "TZ": ":UTC",
    }
    if function.log_level is not None:
        reserved["AWS_LAMBDA_LOG_LEVEL"] = function.log_level
    defaults = {
        "AWS_ENDPOINT_URL": endpoints.url,
        # Lambda has no home folder with a configuration; the developer's must not be read.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LANG": "C.UTF-8",
        "PATH": os.environ.get("PATH", os.defpath),
    }
    if endpoints.s3_url is not None:
        defaults["AWS_ENDPOINT_URL_S3"] = endpoints.s3_url
    return {**defaults, **dict(function.environment), **reserved}
