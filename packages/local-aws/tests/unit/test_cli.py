from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from local_aws import cli
from local_aws_tests.balanced import eventually


@pytest.fixture
def state(tmp_path: Path) -> list[str]:
    return ["--state", str(tmp_path / "state")]


def test_the_state_folder_is_below_the_xdg_state_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "/var/states")
    assert cli.default_state() == Path("/var/states/local-aws")
    for other in ("", "relative"):
        monkeypatch.setenv("XDG_STATE_HOME", other)
        assert cli.default_state() == tmp_path / ".local" / "state" / "local-aws"


@pytest.mark.parametrize("command", ["up", "down", "status", "logs", "serve"])
def test_every_command_has_a_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([command, "--help"], ["--help"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        assert ended.value.code == 0
        assert command in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["start"], "invalid choice: 'start'"),
        (["up", "--port", "0"], "'0' is not a port from 1 to 65535"),
        (["logs", "--lines", "-1"], "--lines"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert problem in capsys.readouterr().err.splitlines()[-1]


def test_without_processes_status_and_down_say_so(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*state, "status"]) == 0
    assert cli.main([*state, "down"]) == 0
    assert capsys.readouterr() == ("", "nothing runs; start it: local-aws up\nnothing runs\n")
    assert cli.main([*state, "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_an_error_is_one_line_and_a_traceback_only_with_debug(
    state: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").touch()
    assert cli.main([*state, "up"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error {tmp_path / 'state'}: File exists -> ")
    assert error.count("\n") == 1
    assert cli.main([*state, "--debug", "up"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_logs_are_named_and_their_last_lines_printed(
    state: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*state, "logs"]) == 1
    assert capsys.readouterr().err == "error there are no logs yet -> start it: local-aws up\n"
    folder = tmp_path / "state" / "logs"
    folder.mkdir(parents=True)
    (folder / "a.log").write_text("one\ntwo\nthree\n")
    (folder / "b.log").write_text("four\n")
    assert cli.main([*state, "logs", "a", "--lines", "2"]) == 0
    assert capsys.readouterr().out == "two\nthree\n"
    assert cli.main([*state, "logs", "--lines", "1"]) == 0
    assert capsys.readouterr().out == "a: three\nb: four\n"
    assert cli.main([*state, "logs", "c"]) == 1
    assert "logs: a, b" in capsys.readouterr().err


def test_followed_logs_go_on_with_the_new_log_of_a_restarted_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "a.log"
    log.write_text("old\n")
    lines: list[str] = []
    started, done = threading.Event(), threading.Event()

    def pause() -> None:
        started.set()
        if done.wait(0.01):
            raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_print", lines.append)
    monkeypatch.setattr(cli, "_pause", pause)
    following = threading.Thread(target=_follow_until_interrupted, args=(log,))
    following.start()
    started.wait(10)
    with log.open("a") as file:
        file.write("new\nhalf")
    eventually(lambda: lines == ["new"])
    log.rename(tmp_path / "a.log.1")
    log.write_text("restarted\n")
    eventually(lambda: lines == ["new", "restarted"])
    done.set()
    following.join()


def _follow_until_interrupted(log: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        cli._follow({"a": log})
