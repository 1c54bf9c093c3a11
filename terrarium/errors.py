"""Errors of the tasks; each is one line for a person.

TerrariumError
├── UsageError            unknown environment, unit, target or flag                  exit 2
├── ConfigurationError    a file of the tree has a forbidden value                   exit 1
│   └── DocumentError     the API could not serve a document
├── PackageError          the Lambda zip cannot be built
├── ToolchainError        Terraform, Terragrunt or the provider is missing or too old
├── IdentityError         no credentials, or credentials of another account
├── StateError            the state bucket or a state object cannot be used
│   └── StateLockedError  another run holds the lock of a unit
├── TerraformError        Terraform ran and failed
├── DiskError             a file cannot be written: the disk is full or not writable
├── BusyError             another task of this checkout changes the local AWS
├── LogsError             the log group of a function cannot be read
└── SmokeError            a deployed API failed the smoke test
"""

from __future__ import annotations


class TerrariumError(Exception):
    """One line for a person: what is wrong and where; ``hint`` says what to do next.

    ``exit_code`` is the exit code of the task. ``invoke --debug`` shows the traceback.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TerrariumError):
    exit_code = 2


class ConfigurationError(TerrariumError):
    """``file`` and ``line`` (from 1) start the message where they are given."""

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
    pass


class LogsError(TerrariumError):
    pass


class SmokeError(TerrariumError):
    pass
