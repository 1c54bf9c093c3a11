"""Errors of local-aws.

CloudError        base of all errors: the local AWS does not start, stop or answer
└── UsageError    an option that is unknown or does not fit
"""

from __future__ import annotations


class CloudError(Exception):
    """One line: the problem and its place; ``hint`` says what to do.

    ``exit_code`` is the exit code of the process.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def sentence(self) -> str:
        """The message and the hint, if any, in one line."""
        return f"{self.message} -> {self.hint}" if self.hint else self.message


class UsageError(CloudError):
    exit_code = 2
