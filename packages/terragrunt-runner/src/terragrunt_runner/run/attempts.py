"""A command and its further attempts: what is tried again, what is let pass, why it failed.

Source: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks#errors
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from terragrunt_runner.cli.log import Log
from terragrunt_runner.config.model import Errors, Place, Retry
from terragrunt_runner.functions.regular_expressions import matches_any
from terragrunt_runner.run import arguments
from terragrunt_runner.run.prepare import Prepared
from terragrunt_runner.run.processes import Children, Finished, Interrupted
from terragrunt_runner.run.terraform_text import first_error, last_line, plain
from terragrunt_runner.state import lock as state_lock

_UNCLEAN = re.compile(r"[^a-zA-Z0-9./'\"():=\- ]+")
_DEFAULT_ERRORS = Errors(
    retry=(Retry("default_errors", arguments.DEFAULT_RETRYABLE_ERRORS, 3, 5, Place(Path(), 0)),)
)


@dataclass(frozen=True, slots=True)
class Ended:
    """``code`` is Terraform's; ``reason`` and ``cause`` are those of the run report."""

    code: int
    reason: str = ""
    cause: str = ""
    prepared: Prepared | None = None


@dataclass(frozen=True, slots=True)
class Attempts:
    """Runs a command again while a retry block of its unit matches what it said."""

    children: Children
    log: Log
    auto_retry: bool

    def run(
        self, prepared: Prepared, words: Sequence[str], once: Callable[[], Finished]
    ) -> tuple[Ended, list[str]]:
        """How it ended, and what failed in words, which is for the hooks."""
        errors = prepared.config.errors or _DEFAULT_ERRORS
        attempt = 1
        while True:
            done = once()
            failed = done.code != 0 and not (done.code == 2 and _detailed(words))
            if not failed:
                reason = "retry succeeded" if attempt > 1 else ""
                return Ended(done.code, reason, prepared=prepared), []
            text = _matched_text(words[0], done)
            ignored = self._ignored(errors, text, prepared)
            if ignored is not None:
                return Ended(0, "error ignored", ignored, prepared), []
            again = self._retry(errors, text, attempt)
            if again is None:
                cause = _cause(prepared, words[0], done)
                self.log.problem(cause)
                return Ended(done.code, "run error", cause, prepared), [
                    plain(f"{text}\n{done.stderr}\n{done.stdout}")
                ]
            attempt += 1
            self.log.warn(
                f"retry {again.name!r}: attempt {attempt} of {again.max_attempts} in "
                f"{again.sleep_interval_sec} s"
            )
            pause(self.children, again.sleep_interval_sec)

    def _ignored(self, errors: Errors, text: str, prepared: Prepared) -> str | None:
        for ignore in errors.ignore:
            if not _ignores(ignore.ignorable_errors, text):
                continue
            self.log.warn(f"ignore {ignore.name!r}: {ignore.message or 'the error is ignored'}")
            if ignore.signals:
                signals = prepared.folder / "error-signals.json"
                signals.write_text(json.dumps(ignore.signals, default=str), "utf-8")
            return ignore.name
        return None

    def _retry(self, errors: Errors, text: str, attempt: int) -> Retry | None:
        if not self.auto_retry or self.children.stopping.is_set():
            return None
        for retry in errors.retry:
            if attempt < retry.max_attempts and matches_any(retry.retryable_errors, text):
                return retry
        return None


def _matched_text(command: str, done: Finished) -> str:
    """What patterns are held against: Terraform's stderr as one line of plain characters."""
    said = f'Failed to execute "terraform {command}" {plain(done.stderr)} exit status {done.code}'
    return " ".join(_UNCLEAN.sub(" ", said).split())


def _ignores(patterns: Sequence[str], text: str) -> bool:
    """The first pattern that matches decides; with ``!`` it forbids."""
    for pattern in patterns:
        if matches_any([pattern.removeprefix("!")], text):
            return not pattern.startswith("!")
    return False


def pause(children: Children, seconds: int) -> None:
    """Raises Interrupted if the runner is told to stop meanwhile."""
    if children.stopping.wait(seconds):
        raise Interrupted


def last_words(done: Finished) -> str:
    """The first error that Terraform named, else its last line."""
    return first_error(done.stderr) or last_line(done.stderr or done.stdout)


def _cause(prepared: Prepared, command: str, done: Finished) -> str:
    """Why a command failed, in one line; a held lock comes with its holder and the way out."""
    lock = state_lock.find(f"{done.stderr}\n{done.stdout}")
    if lock is None:
        return f"terraform {command} ended with {done.code}: {last_words(done)}"
    error = lock.error(prepared.config.folder.name, str(prepared.config.folder))
    return f"{error.message} -> {error.hint}"


def _detailed(words: Sequence[str]) -> bool:
    return any(word.lstrip("-") == "detailed-exitcode" for word in words)
