"""Lambda function settings that moto forgets: logging, SnapStart, tracing, storage, key.

Source: Lambda API reference, CreateFunction, UpdateFunctionConfiguration and
FunctionConfiguration; Lambda developer guide, "Improving startup performance with SnapStart" and
"Defined runtime environment variables".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.ec2.models import ec2_backends

_NAMES = (
    "DeadLetterConfig",
    "EphemeralStorage",
    "FileSystemConfigs",
    "KMSKeyArn",
    "LoggingConfig",
    "SnapStart",
    "TracingConfig",
)
_LEVELS = {
    "ApplicationLogLevel": ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
    "SystemLogLevel": ("DEBUG", "INFO", "WARN"),
}
_RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_DEFAULT_STORAGE_MB = 512
_SNAP_START_RUNTIME = re.compile(r"python3\.(1[2-9]|[2-9]\d)|java(1[1-9]|2\d)|dotnet([89]|1\d)")


def init(original: Any, function: Any, *args: Any, **kwargs: Any) -> None:
    spec = kwargs["spec"] if "spec" in kwargs else args[1]
    settings = _validated({}, spec, spec.get("Runtime"))
    original(function, *args, **kwargs)
    function.extra_settings = settings


def update_configuration(original: Any, function: Any, config_updates: dict[str, Any]) -> Any:
    runtime = config_updates.get("Runtime") or function.run_time
    settings = _validated(_settings(function), config_updates, runtime)
    if network := config_updates.get("VpcConfig"):  # security groups alone keep the subnets
        whole = (function.vpc_config or {}) | network
        config_updates = config_updates | {"VpcConfig": whole}
    original(function, config_updates)
    function.extra_settings = settings
    return function.get_configuration()


def update_function_code(original: Any, function: Any, updated_spec: dict[str, Any]) -> Any:
    original(function, updated_spec)
    if updated_spec.get("Architectures") and not updated_spec.get("DryRun"):
        function.architectures = updated_spec["Architectures"]
    return function.get_configuration()


def get_configuration(original: Any, function: Any, on_create: bool = False) -> Any:
    shown = original(function, on_create)
    if shown.get("VpcConfig"):
        shown["VpcConfig"]["VpcId"] = _vpc_id(function, shown["VpcConfig"]["SubnetIds"])
    published = str(function.version).isdigit()
    return shown | described(_settings(function), function.function_name, published=published)


def get_code(original: Any, function: Any) -> Any:
    shown = original(function)
    if function.reserved_concurrency is not None:  # moto does not show 0, which stops a function
        reserved = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        shown["Concurrency"] = reserved
    return shown


def merged(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings after a request that may change some of them.

    An empty value removes a setting. The result is a new dictionary, because published versions
    keep the one from before.
    """
    settings = {**before, **{name: given[name] for name in _NAMES if name in given}}
    return {name: value for name, value in settings.items() if value and any(_leaves(value))}


def described(
    settings: Mapping[str, Any], function_name: str, *, published: bool
) -> dict[str, Any]:
    """Return the settings as a FunctionConfiguration shows them; ``published``: of a version."""
    logging = dict(settings.get("LoggingConfig") or {})
    logging = {
        "LogFormat": logging.get("LogFormat") or "Text",
        "LogGroup": logging.get("LogGroup") or f"/aws/lambda/{function_name}",
    } | _levels(logging)
    applies = (settings.get("SnapStart") or {}).get("ApplyOn") or "None"
    optimised = published and applies == "PublishedVersions"
    return {
        "EphemeralStorage": {"Size": _DEFAULT_STORAGE_MB},
        "KMSKeyArn": None,
        "TracingConfig": {"Mode": "PassThrough"},
        **settings,
        "LoggingConfig": logging,
        "SnapStart": {"ApplyOn": applies, "OptimizationStatus": "On" if optimised else "Off"},
    }


def problem(settings: Mapping[str, Any], runtime: str) -> str | None:
    """Return why Lambda refuses the settings, in its words as far as they are known, or None."""
    return _logging_problem(settings) or _snap_start_problem(settings, runtime)


def _validated(
    before: Mapping[str, Any], given: Mapping[str, Any], runtime: str | None
) -> dict[str, Any]:
    settings = merged(before, given)
    variables = (given.get("Environment") or {}).get("Variables") or {}
    if reserved := sorted(_RESERVED_VARIABLES & variables.keys()):
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables: these keys are reserved: "
            + ", ".join(reserved)
        )
    if (reason := problem(settings, runtime or "")) is not None:
        raise InvalidParameterValueException(reason)
    return settings


def _logging_problem(settings: Mapping[str, Any]) -> str | None:
    logging = settings.get("LoggingConfig") or {}
    for name, levels in _LEVELS.items():
        level = logging.get(name)
        if level and logging.get("LogFormat") != "JSON":
            return f"{name} can only be set when LogFormat is JSON"
        if level and level not in levels:
            return f"{name} must be one of {', '.join(levels)}"
    return None


def _snap_start_problem(settings: Mapping[str, Any], runtime: str) -> str | None:
    if (settings.get("SnapStart") or {}).get("ApplyOn") != "PublishedVersions":
        return None
    if not _SNAP_START_RUNTIME.fullmatch(runtime):
        return f"{runtime} is not supported for SnapStart enabled functions"
    if (settings.get("EphemeralStorage") or {}).get("Size", 0) > _DEFAULT_STORAGE_MB:
        return f"SnapStart supports up to {_DEFAULT_STORAGE_MB} MB of ephemeral storage"
    if settings.get("FileSystemConfigs"):
        return "SnapStart does not support file systems"
    return None


def _settings(function: Any) -> Mapping[str, Any]:
    settings: Mapping[str, Any] = getattr(function, "extra_settings", {})
    return settings


def _levels(logging: Mapping[str, Any]) -> dict[str, str]:
    """Return both log levels for the JSON format; INFO is the default."""
    if logging.get("LogFormat") != "JSON":
        return {}
    return {name: logging.get(name) or "INFO" for name in _LEVELS}


def _vpc_id(function: Any, subnet_ids: list[str]) -> str:
    ec2 = ec2_backends[function.account_id][function.region]
    known = {subnet.id: subnet.vpc_id for zone in ec2.subnets.values() for subnet in zone.values()}
    return next((known[each] for each in subnet_ids if each in known), "")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]
