"""A Terragrunt-compatible runner for machines without the official binary.

The names below are the public API; the package's README describes it. Every other module is
internal.
"""

from terragrunt_runner.api import (
    Backend,
    ResourceBlock,
    StateOutput,
    StateStore,
    UnitDependency,
    UnitReader,
    resource_blocks,
)
from terragrunt_runner.errors import (
    ConfigurationError,
    CycleError,
    IdentityError,
    RunnerError,
    StateError,
    StateLockedError,
    TerraformError,
    ToolchainError,
    UsageError,
)
from terragrunt_runner.run.terraform import StateLock
from terragrunt_runner.state.bucket import BootstrapResult

__version__ = "0.2.0"

__all__ = [
    "Backend",
    "BootstrapResult",
    "ConfigurationError",
    "CycleError",
    "IdentityError",
    "ResourceBlock",
    "RunnerError",
    "StateError",
    "StateLock",
    "StateLockedError",
    "StateOutput",
    "StateStore",
    "TerraformError",
    "ToolchainError",
    "UnitDependency",
    "UnitReader",
    "UsageError",
    "__version__",
    "resource_blocks",
]
