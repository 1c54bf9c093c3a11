"""Terraform's functions: ``library()`` gives them by name.

Source of their behaviour: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from functools import cache

from terragrunt_runner.functions.registry import (
    ANY,
    NULLABLE,
    Function,
    Library,
    Parameter,
    Site,
)

__all__ = ["ANY", "NULLABLE", "Function", "Library", "Parameter", "Site", "library"]


@cache
def library() -> Library:
    """Every function of Terraform that needs no provider. Copy it to add to it:
    ``Library(library())``."""
    # Here and not above: these modules import the registry from this package.
    from terragrunt_runner.functions import (
        collection,
        conversion,
        encoding,
        files,
        formatting,
        hashing,
        mapping,
        network,
        numeric,
        regular,
        sets,
        text,
        times,
        yaml_text,
    )

    modules = (
        collection,
        conversion,
        encoding,
        files,
        formatting,
        hashing,
        mapping,
        network,
        numeric,
        regular,
        sets,
        text,
        times,
        yaml_text,
    )
    return Library({name: f for module in modules for name, f in module.LIBRARY.items()})
