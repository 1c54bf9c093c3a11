"""Terraform's functions.

Source: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from terragrunt_runner.functions import (
    collection,
    date_and_time,
    encoding,
    filesystem,
    format,
    hash_and_crypto,
    ip_network,
    maps_and_sets,
    numeric,
    regular_expressions,
    string,
    type_conversion,
    yaml_encoding,
)
from terragrunt_runner.language.scope import Library

_MODULES = (
    collection,
    date_and_time,
    encoding,
    filesystem,
    format,
    hash_and_crypto,
    ip_network,
    maps_and_sets,
    numeric,
    regular_expressions,
    string,
    type_conversion,
    yaml_encoding,
)


def library() -> Library:
    """Return a new library with every function of Terraform that needs no provider."""
    return Library({name: f for module in _MODULES for name, f in module.LIBRARY.items()})
