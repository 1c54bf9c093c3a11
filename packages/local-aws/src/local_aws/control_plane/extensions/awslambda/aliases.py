"""Routing weights of an alias: what Lambda refuses, and how it shows what it took.

Source: Lambda API reference, CreateAlias and AliasRoutingConfiguration; Lambda developer guide,
"Implement Lambda canary deployments using a weighted alias".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend

from local_aws.control_plane.extensions.patching import around

_LATEST = "$LATEST"


def problem(version: str, weights: Mapping[str, float]) -> str | None:
    """Why an alias of ``version`` cannot send these shares of its traffic elsewhere."""
    if not weights:
        return None
    if len(weights) > 1:
        return "Number of items in AdditionalVersionWeights cannot be greater than 1"
    if version == _LATEST or _LATEST in weights:
        return "$LATEST is not supported for an alias pointing to more than 1 version"
    if version in weights:
        return f"Invalid function version {version}. The versions of an alias must differ"
    weight = next(iter(weights.values()))
    if not 0.0 <= weight <= 1.0:
        return f"Weight must be between 0 and 1, not {weight}"
    return None


def install() -> None:
    """Check the weights whenever an alias is made or changes."""

    @around(LambdaBackend, "create_alias")
    def create(original: Any, backend: Any, **given: Any) -> Any:
        weights = _weights(given["routing_config"])
        _check(backend, given["function_name"], given["function_version"], weights)
        return original(backend, **given | {"routing_config": _config(weights)})

    @around(LambdaBackend, "update_alias")
    def update(original: Any, backend: Any, **given: Any) -> Any:
        alias = backend.get_alias(given["name"], given["function_name"])
        version = given["function_version"] or alias.function_version
        if (config := given["routing_config"]) is None:
            config = alias.routing_config
        weights = _weights(config)
        _check(backend, given["function_name"], version, weights)
        return original(backend, **given | {"routing_config": _config(weights)})


def _weights(config: Mapping[str, Any] | None) -> dict[str, float]:
    return dict((config or {}).get("AdditionalVersionWeights") or {})


def _config(weights: Mapping[str, float]) -> dict[str, Any]:
    return {"AdditionalVersionWeights": dict(weights)} if weights else {}


def _check(backend: Any, function_name: str, version: str, weights: Mapping[str, float]) -> None:
    if (reason := problem(version, weights)) is not None:
        raise InvalidParameterValueException(reason)
    for other in weights:
        backend.get_function(function_name, other)  # raises when there is no such version
