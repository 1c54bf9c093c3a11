"""A pytest plugin: a session that leaves a process running fails and names it.

A process belongs to the session if it inherited the session's environment variable, or if it works
in the session's temporary folder. Processes that are found are killed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

VARIABLE = "PYTHON_TEST_SESSION"
TEST_VARIABLE = "PYTEST_CURRENT_TEST"
_SECONDS_TO_END = 5

_found = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    if _is_controller():
        os.environ[VARIABLE] = str(os.getpid())


@pytest.hookimpl(trylast=True)  # after fixtures are finished and xdist has stopped its workers
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not _is_controller():
        return
    folder = str(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    _, running = psutil.wait_procs(list(_processes(folder)), timeout=_SECONDS_TO_END)
    session.config.stash[_found] = [_describe(process) for process in running]
    for process in running:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        with suppress(psutil.NoSuchProcess):
            process.kill()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = terminalreporter.config.stash.get(_found, [])
    if found:
        terminalreporter.section("processes left running", red=True, bold=True)
        for line in found:
            terminalreporter.line(line)


def _is_controller() -> bool:
    return "PYTEST_XDIST_WORKER" not in os.environ


def _processes(folder: str) -> Iterator[psutil.Process]:
    session = str(os.getpid())
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            is_marked = process.environ().get(VARIABLE) == session
            if is_marked or folder in " ".join([process.cwd(), *process.cmdline()]):
                yield process


def _describe(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        test = process.environ().get(TEST_VARIABLE, "unknown").removesuffix(" (call)")
        return f"{process.pid} {' '.join(process.cmdline())}\n  started by {test}"
    return f"{process.pid}"
