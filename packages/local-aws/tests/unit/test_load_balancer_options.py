from __future__ import annotations

from pathlib import Path

import pytest
from local_aws.load_balancer.options import parse

LEAST = ("--endpoint-url", "http://127.0.0.1:5000", "--region", "eu-west-1")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the error line for these arguments."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    line = capsys.readouterr().err.splitlines()[-1]
    return line.partition("error: ")[2]


def test_an_endpoint_and_a_region_are_enough() -> None:
    options = parse(LEAST)
    assert (options.endpoint_url, options.regions) == ("http://127.0.0.1:5000", ("eu-west-1",))
    assert (options.account, options.http_port, options.listeners_file) == (None, None, None)
    assert (options.poll_seconds, options.intervals.logs, options.protection) == (1.0, 300.0, True)


def test_every_other_option_is_read() -> None:
    text = (
        "--account 111111111111 --http-port 65535 --log-seconds 0.2 --metric-seconds 5 "
        "--poll-seconds 0.01 --no-protection"
    )
    options = parse([*LEAST, *text.split()])
    assert (options.account, options.http_port) == ("111111111111", 65535)
    assert (options.intervals.logs, options.intervals.metrics) == (0.2, 5.0)
    assert (options.poll_seconds, options.protection) == (0.01, False)


def test_regions_may_be_repeated_and_need_an_account_if_they_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert parse([*LEAST, "--region", "us-east-1"]).regions == ("eu-west-1", "us-east-1")
    assert parse([*LEAST[:2], "--account", "1" * 12]).regions == ()
    assert refused(capsys, *LEAST[:2]) == (
        "name a Region with --region, or an account with --account"
    )


@pytest.mark.parametrize(
    "url", ["nonsense", "http://", "ftp://host", "//host", "http://host:99999", "http://[::1", ""]
)
def test_a_url_that_is_not_http_is_refused(capsys: pytest.CaptureFixture[str], url: str) -> None:
    error = refused(capsys, "--endpoint-url", url, "--region", "eu-west-1")
    assert error == f"argument --endpoint-url: {url!r} is not the http or https URL of an AWS API"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--region", "eu west"),
        ("--region", "EU-WEST-1"),
        ("--account", "12"),
        ("--account", "\uff11" * 12),
        ("--http-port", "99999"),
        ("--http-port", "0"),
        ("--http-port", "-1"),
        ("--http-port", "9" * 6_000),
        ("--http-port", "http"),
        ("--poll-seconds", "0"),
        ("--poll-seconds", "-1"),
        ("--poll-seconds", "nan"),
        ("--log-seconds", "inf"),
        ("--metric-seconds", "soon"),
    ],
)
def test_an_invalid_value_is_refused_with_the_name_of_its_option(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    error = refused(capsys, *LEAST, f"{option}={value}")
    assert error.startswith(f"argument {option}: ")
    assert " is not a" in error


@pytest.mark.parametrize(
    "region", ["us-east-1", "ap-southeast-5", "us-gov-west-1", "us-iso-west-1"]
)
def test_region_names_of_every_partition_are_accepted(region: str) -> None:
    assert parse(["--endpoint-url", "https://a.example", "--region", region]).regions == (region,)


def test_a_listeners_file_gets_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "listeners.json"
    assert parse([*LEAST, "--listeners-file", str(file)]).listeners_file == file
    assert file.parent.is_dir()


def test_a_listeners_file_that_cannot_be_written_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert str(tmp_path) in refused(capsys, *LEAST, "--listeners-file", str(tmp_path))
    file = tmp_path / "file"
    file.touch()
    error = refused(capsys, *LEAST, "--listeners-file", str(file / "listeners.json"))
    assert error == f"argument --listeners-file: {file}: File exists"
