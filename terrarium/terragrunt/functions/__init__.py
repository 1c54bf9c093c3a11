"""Terraform's functions: ``library()`` gives them by name.

Source of their behaviour: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from functools import cache

from terrarium.terragrunt.functions.registry import (
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
    from terrarium.terragrunt.functions import conversion  # noqa: PLC0415 - it imports the registry

    return Library({**conversion.LIBRARY})
