"""Every error of the runner that a person can meet.

RunnerError
├── UsageError            an unknown command, flag or argument
├── ConfigurationError    a file of the tree that cannot be read or evaluated
│   └── CycleError        units that depend on each other in a ring
├── ToolchainError        Terraform or git is missing or too old
├── IdentityError         no credentials, or a role that cannot be assumed
├── StateError            the state bucket or a state object cannot be used
│   └── StateLockedError  another process holds the lock of a unit
└── TerraformError        Terraform ran and failed
"""

from __future__ import annotations


class RunnerError(Exception):
    """One line for a person: what is wrong and where; ``hint`` says what to do next.

    ``exit_code`` is the exit code of the process. Tracebacks are for the debug log level only.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def sentence(self) -> str:
        """The message and, if there is one, the hint, for a log or stderr."""
        return f"{self.message} -> {self.hint}" if self.hint else self.message


class UsageError(RunnerError):
    exit_code = 2


class ConfigurationError(RunnerError):
    """``file`` and ``line`` (counted from 1) lead the message where they are known."""

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
