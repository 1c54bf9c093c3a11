"""Who holds the lock of a state, read from what Terraform says when it cannot get it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from terragrunt_runner.errors import StateLockedError
from terragrunt_runner.run.terraform_text import plain

_FIELD = re.compile(
    r"^[│\s]*(ID|Path|Operation|Who|Version|Created):[ \t]*(.*?)[ \t]*$", re.MULTILINE
)
_MARK = "Error acquiring the state lock"


@dataclass(frozen=True, slots=True)
class StateLock:
    identifier: str
    who: str
    since: str
    operation: str

    def error(self, unit: str, folder: str) -> StateLockedError:
        """One line for a person: who, since when, and how to release it."""
        return StateLockedError(
            f"{unit}: the state is locked by {self.who or 'somebody'} since "
            f"{self.since or 'an unknown time'} ({self.operation or 'unknown operation'}, "
            f"lock {self.identifier})",
            hint=f"if that run is dead: cd {folder} && terragrunt force-unlock {self.identifier}",
        )


def find(output: str) -> StateLock | None:
    """The lock that a failed run met; None if it failed for another reason."""
    text = plain(output)
    if _MARK not in text:
        return None
    fields = dict(_FIELD.findall(text[text.index(_MARK) :]))
    if not fields.get("ID"):
        return None
    return StateLock(
        fields["ID"],
        fields.get("Who", ""),
        fields.get("Created", ""),
        fields.get("Operation", "").removeprefix("OperationType"),
    )
