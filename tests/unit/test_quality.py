from __future__ import annotations

import subprocess
import sys

import pytest

from terrarium.quality import _behind


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("code", [0, 1])
def test_what_runs_behind_is_shown_when_it_is_asked_for(
    code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with _behind(python(f"print('first\\nlast'); raise SystemExit({code})")) as show:
        assert capsys.readouterr().err == ""
        assert show() is (code == 0)
    assert capsys.readouterr().err == "first\nlast\n"


def test_what_runs_behind_ends_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(*args: object, **kwargs: object) -> subprocess.Popen[bytes]:
        started.append(popen(*args, **kwargs))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(KeyboardInterrupt), _behind(python("import time; time.sleep(60)")):
        raise KeyboardInterrupt
    assert started[0].returncode is not None
