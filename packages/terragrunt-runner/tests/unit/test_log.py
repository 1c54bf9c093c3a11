from __future__ import annotations

import json
import threading

import pytest
from terragrunt_runner.cli import log
from terragrunt_runner.errors import UsageError


def test_log_lines_have_terragrunts_format(capsys: pytest.CaptureFixture[str]) -> None:
    made = log.Log().for_unit("app")
    made.terraform(log.Level.STDOUT, "hello")
    made.info("well")
    made.debug("unseen")
    out, err = capsys.readouterr()
    assert out.partition(" ")[2] == "STDOUT [app] terraform: hello\n"
    assert err.partition(" ")[2] == "INFO   [app] well\n"


def test_log_lines_can_be_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.Log(style="json", prefix="app").failure("no")
    record = json.loads(capsys.readouterr().err)
    assert (record["level"], record["prefix"], record["msg"]) == ("error", "app", "no")


def test_an_unknown_level_or_format_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown log level 'loud'"):
        log.create("loud", None, False, {})
    with pytest.raises(UsageError, match="unknown log format 'xml'"):
        log.create(None, "xml", False, {})


def test_lines_of_several_threads_are_not_mixed(capsys: pytest.CaptureFixture[str]) -> None:
    made = log.Log()

    def write(name: str) -> None:
        for _ in range(50):
            made.for_unit(name).terraform(log.Level.STDOUT, name * 20)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 200
    assert all(line.endswith(f"[{line[-1]}] terraform: {line[-1] * 20}") for line in lines)
