"""Every error of the local AWS that a person can meet.

CloudError        the cloud does not start, stop or answer
└── UsageError    an unknown option or an option that does not fit
"""

from __future__ import annotations


class CloudError(Exception):
    """One line for a person: what is wrong and where; ``hint`` says what to do next.

    ``exit_code`` is the exit code of the process. Tracebacks are for ``--debug`` only.
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


class UsageError(CloudError):
    exit_code = 2
