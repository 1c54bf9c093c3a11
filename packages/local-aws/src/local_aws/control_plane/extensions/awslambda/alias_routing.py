"""Validation of the routing weights of a Lambda alias.

Source: Lambda API reference, CreateAlias and AliasRoutingConfiguration; Lambda developer guide,
"Implement Lambda canary deployments using a weighted alias".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException

_LATEST = "$LATEST"


def create_alias(original: Any, backend: Any, **given: Any) -> Any:
    return original(backend, **given | _checked(backend, given, given["function_version"]))


def update_alias(original: Any, backend: Any, **given: Any) -> Any:
    alias = backend.get_alias(given["name"], given["function_name"])
    if given["routing_config"] is None:
        given["routing_config"] = alias.routing_config
    version = given["function_version"] or alias.function_version
    return original(backend, **given | _checked(backend, given, version))


def problem(version: str, weights: Mapping[str, float]) -> str | None:
    """Return why Lambda refuses these weights for an alias of the version, or None."""
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


def _checked(backend: Any, given: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return the valid routing configuration as the keyword argument that moto takes."""
    weights = dict((given["routing_config"] or {}).get("AdditionalVersionWeights") or {})
    if (reason := problem(version, weights)) is not None:
        raise InvalidParameterValueException(reason)
    for other in weights:
        backend.get_function(given["function_name"], other)  # raises if the version is missing
    return {"routing_config": {"AdditionalVersionWeights": weights} if weights else {}}
