"""The ``errors`` block: retry a failed command, or ignore its failure.

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
from terragrunt_runner.run.arguments import DEFAULT_RETRYABLE_ERRORS, has_flag
from terragrunt_runner.run.prepare import PreparedUnit
from terragrunt_runner.run.processes import Interrupted, Processes, ProcessResult
from terragrunt_runner.run.terraform import StateLock, plain, summary

_UNCLEAN = re.compile(r"[^a-zA-Z0-9./'\"():=\- ]+")
_DEFAULT_ERRORS = Errors(
    retry=(Retry("default_errors", DEFAULT_RETRYABLE_ERRORS, 3, 5, Place(Path(), 0)),)
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``code`` is Terraform's exit code; ``reason`` and ``cause`` are fields of the run report."""

    code: int
    reason: str = ""
    cause: str = ""
    prepared: PreparedUnit | None = None

    @property
    def failed(self) -> bool:
        return self.reason == "run error"


@dataclass(frozen=True, slots=True)
class Retries:
    """Runs a command again while a retry block of its unit matches the error."""

    processes: Processes
    log: Log
    auto_retry: bool

    def run(
        self, prepared: PreparedUnit, words: Sequence[str], run_once: Callable[[], ProcessResult]
    ) -> tuple[Outcome, list[str]]:
        """Return the outcome, and the output of a failure for the error hooks."""
        errors = prepared.config.errors or _DEFAULT_ERRORS
        attempt = 1
        while True:
            done = run_once()
            changes = done.code == 2 and has_flag(words, "-detailed-exitcode")
            if done.code == 0 or changes:
                reason = "retry succeeded" if attempt > 1 else ""
                return Outcome(done.code, reason, prepared=prepared), []
            text = _matched_text(words[0], done)
            ignored_by = self._ignore(errors, text, prepared)
            if ignored_by is not None:
                return Outcome(0, "error ignored", ignored_by, prepared), []
            retry = self._retry(errors, text, attempt)
            if retry is None:
                cause = _cause(prepared, words[0], done)
                self.log.failure(cause)
                output = plain(f"{text}\n{done.stderr}\n{done.stdout}")
                return Outcome(done.code, "run error", cause, prepared), [output]
            attempt += 1
            self.log.warn(
                f"retry {retry.name!r}: attempt {attempt} of {retry.max_attempts} in "
                f"{retry.sleep_interval_sec} s"
            )
            pause(self.processes, retry.sleep_interval_sec)

    def _ignore(self, errors: Errors, text: str, prepared: PreparedUnit) -> str | None:
        """Return the name of the ignore block that matches; write its signals."""
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
        if not self.auto_retry or self.processes.stopping.is_set():
            return None
        for retry in errors.retry:
            if attempt < retry.max_attempts and matches_any(retry.retryable_errors, text):
                return retry
        return None


def pause(processes: Processes, seconds: int) -> None:
    """Wait. Raises Interrupted if the runner is told to stop."""
    if processes.stopping.wait(seconds):
        raise Interrupted


def _matched_text(command: str, done: ProcessResult) -> str:
    """Return the text that patterns are matched with: stderr in one line of plain characters."""
    text = f'Failed to execute "terraform {command}" {plain(done.stderr)} exit status {done.code}'
    return " ".join(_UNCLEAN.sub(" ", text).split())


def _ignores(patterns: Sequence[str], text: str) -> bool:
    """The first pattern that matches decides; one that begins with ``!`` forbids."""
    for pattern in patterns:
        if matches_any([pattern.removeprefix("!")], text):
            return not pattern.startswith("!")
    return False


def _cause(prepared: PreparedUnit, command: str, done: ProcessResult) -> str:
    """Return the cause of a failure in one line; for a held lock, its holder and the way out."""
    lock = StateLock.from_output(f"{done.stderr}\n{done.stdout}")
    if lock is not None:
        return lock.error(prepared.config.folder).sentence
    return f"terraform {command} ended with {done.code}: {summary(done.stderr or done.stdout)}"
