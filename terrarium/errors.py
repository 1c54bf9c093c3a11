"""Every error a person can meet.

TerrariumError
├── UsageError            an unknown environment, unit, target or flag               exit 2
├── ConfigurationError    a file of the tree says something it must not              exit 1
│   └── CycleError        units that depend on each other in a ring
├── DocumentError         a document that the API could not serve
├── PackageError          the Lambda zip cannot be built
├── ToolchainError        Terraform, Terragrunt or the provider is missing or too old
├── IdentityError         no credentials, or those of another account
├── StateError            the state bucket or a state object cannot be used
│   └── StateLockedError  somebody else holds the lock of a unit
├── TerraformError        Terraform ran and failed
├── DiskError             a file cannot be written: the disk is full, or not ours
├── BusyError             another task of this checkout changes the AWS inside the machine
├── LogsError             the log group of a function cannot be read
└── SmokeError            the deployed API does not answer as it should

The standard library alone and no newer syntax than Python 3.8's: the packager runs on whatever
``python3`` a machine has, before any environment exists.
"""

from __future__ import annotations

from typing import Optional


class TerrariumError(Exception):
    """One line for a person: what is wrong and where; ``hint`` says what to do next.

    ``exit_code`` is what the process exits with. Tracebacks are for ``--debug`` only.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: Optional[str] = None) -> None:  # noqa: UP045 - 3.8
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def sentence(self) -> str:
        """The message and, where there is one, the hint: what a plain log or stderr shows."""
        return f"{self.message} -> {self.hint}" if self.hint else self.message


class UsageError(TerrariumError):
    exit_code = 2


class ConfigurationError(TerrariumError):
    """``file`` and ``line`` (counted from 1) lead the message where they are known."""

    def __init__(
        self,
        message: str,
        *,
        file: Optional[object] = None,  # noqa: UP045 - 3.8
        line: Optional[int] = None,  # noqa: UP045 - 3.8
        hint: Optional[str] = None,  # noqa: UP045 - 3.8
    ) -> None:
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(place + message, hint=hint)
        self.file = file
        self.line = line


class CycleError(ConfigurationError):
    pass


class DocumentError(ConfigurationError):
    pass


class PackageError(TerrariumError):
    pass


class ToolchainError(TerrariumError):
    pass


class IdentityError(TerrariumError):
    pass


class StateError(TerrariumError):
    pass


class StateLockedError(StateError):
    pass


class TerraformError(TerrariumError):
    pass


class DiskError(TerrariumError):
    pass


class BusyError(TerrariumError):
    """Another task of this checkout changes something."""


class LogsError(TerrariumError):
    pass


class SmokeError(TerrariumError):
    pass
