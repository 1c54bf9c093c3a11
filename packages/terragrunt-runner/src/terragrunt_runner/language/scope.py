"""What names mean to an expression, and the error of an expression that has no value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.values import Value

if TYPE_CHECKING:
    from terragrunt_runner.functions.registry import Function


class EvaluationError(ConfigurationError):
    """An expression that has no value."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean. ``variables`` are root objects such as ``local``, which may be
    ``LazyObject``; ``directory`` is what relative paths in ``file()`` are relative to."""

    variables: Mapping[str, Value] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    directory: Path = Path()

    def having(self, variables: Mapping[str, Value]) -> Scope:
        return replace(self, variables={**self.variables, **variables})
