from __future__ import annotations

from pathlib import Path

import pytest
from local_aws.errors import CloudError
from local_aws.processes import Process
from local_aws.state_folder import Preference, Record, Records, StateFolder

DEV, PROD = "111111111111", "222222222222"


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def test_records_are_read_as_they_were_written(folder: StateFolder) -> None:
    record = Record(Process("control-plane", 1, 2.5, ("python", "-m", "x")), True, restarts=3)
    written = Records("http://127.0.0.1:4747", "token", (record,))
    folder.write_records(written)
    assert folder.read_records() == written
    assert folder.read_records().port == 4747


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "x", "processes": [1]}'])
def test_damaged_records_are_no_records(content: str, folder: StateFolder) -> None:
    folder.create()
    (folder.path / "processes.json").write_text(content)
    assert folder.read_records() == Records()


def test_preferences_are_kept_by_account(folder: StateFolder) -> None:
    folder.write_preference(DEV, Preference(9000, unprotected=True))
    folder.write_preference(PROD, Preference())
    assert folder.preference(DEV) == Preference(9000, unprotected=True)
    assert folder.preference(PROD) == folder.preference("333333333333") == Preference()


def test_accounts_without_a_preference_get_ports_of_their_own_and_keep_them(
    folder: StateFolder,
) -> None:
    folder.write_preference(DEV, Preference(8080))
    assert folder.http_port(DEV) == 8080
    assert folder.http_port(PROD) == 8090
    assert folder.http_port("333333333333") == 8100
    assert folder.http_port(PROD) == 8090
    folder.write_preference(PROD, Preference(9000))
    assert folder.http_port(PROD) == 9000


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CloudError, match="Not a directory") as refused:
        StateFolder(tmp_path / "file" / "state").create()
    assert "--state" in str(refused.value.hint)
