"""Every error that the runner reports to its user.

RunnerError
├── UsageError            unknown command, flag or argument
├── ConfigurationError    a configuration file cannot be read or evaluated
│   └── CycleError        units depend on each other in a cycle
├── ToolchainError        Terraform or git is missing or too old
├── IdentityError         no credentials, or a role cannot be assumed
├── StateError            the state bucket or a state object cannot be used
│   └── StateLockedError  another process holds the lock of a unit's state
└── TerraformError        Terraform ran and failed
"""

from __future__ import annotations


class RunnerError(Exception):
    """One line for the user: what is wrong and where; ``hint`` says what to do next."""

    exit_code = 1
    """Always 1, as Terragrunt: 2 means changes with ``-detailed-exitcode``."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def sentence(self) -> str:
        """The message, followed by the hint if there is one."""
        return f"{self.message} -> {self.hint}" if self.hint else self.message


class UsageError(RunnerError):
    pass


class ConfigurationError(RunnerError):
    """``file`` and ``line`` (counted from 1) begin the message where they are known."""

    def __init__(
        self,
        message: str,
        *,
        file: object | None = None,
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(place + message, hint=hint)
        self.file = file
        self.line = line


class CycleError(ConfigurationError):
    pass


class ToolchainError(RunnerError):
    pass


class IdentityError(RunnerError):
    pass


class StateError(RunnerError):
    pass


class StateLockedError(StateError):
    pass


class TerraformError(RunnerError):
    pass
