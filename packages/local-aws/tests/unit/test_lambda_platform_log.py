from __future__ import annotations

import json
import re
from typing import Any

import pytest
from local_aws.lambda_runtime.platform_log import PlatformLog, Report

REPORT = Report("id-1", 12.345, 128, 40, 25.0, "success")
TEXT, JSON = PlatformLog("Text", "3"), PlatformLog("JSON", "3")


def event(line: str | None) -> dict[str, Any]:
    assert line is not None
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def test_a_report_in_text_is_a_report_line() -> None:
    assert TEXT.report(REPORT) == (
        "REPORT RequestId: id-1\tDuration: 12.35 ms\tBilled Duration: 38 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 40 MB\tInit Duration: 25.00 ms\t\n"
    )


def test_a_report_in_json_is_a_platform_event() -> None:
    report = event(JSON.report(REPORT))
    assert report["type"] == "platform.report"
    assert report["record"]["metrics"]["billedDurationMs"] == 38
    assert report["record"]["status"] == "success"


def test_a_report_has_the_error_type() -> None:
    crashed = REPORT._replace(status="error", error_type="Runtime.ExitError")
    text = TEXT.report(crashed) or ""
    assert text.endswith("\tStatus: error\tError Type: Runtime.ExitError\t\n")
    assert event(JSON.report(crashed))["record"]["errorType"] == "Runtime.ExitError"


def test_a_log_stream_begins_with_the_runtime_version() -> None:
    line = TEXT.init_start("api", "python3.13", "eu-west-1") or ""
    version, arn = line.rstrip("\n").split("\t")
    assert version == "INIT_START Runtime Version: python:3.13.v0"
    assert re.fullmatch(r"Runtime Version ARN: arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}", arn)
    start = event(JSON.init_start("api", "python3.13", "eu-west-1"))
    assert start["type"] == "platform.initStart"
    assert start["record"] == {
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": "python:3.13.v0",
        "runtimeVersionArn": arn.removeprefix("Runtime Version ARN: "),
        "functionName": "api",
        "functionVersion": "3",
    }


@pytest.mark.parametrize(
    ("level", "types"),
    [
        ("DEBUG", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
        ("INFO", ["initStart", "start", "report"]),
        (None, ["initStart", "start", "report"]),
        ("WARN", []),
    ],
)
def test_the_level_selects_the_json_events_of_a_success(
    level: str | None, types: list[str]
) -> None:
    lines = PlatformLog("JSON", "3", level)
    written = [
        lines.init_start("api", "python3.13", "eu-west-1"),
        lines.init_runtime_done(),
        lines.init_report(25.0),
        lines.start("id-1"),
        lines.runtime_done(REPORT, 20),
        lines.report(REPORT),
    ]
    events = [event(line) for line in written if line is not None]
    assert [each["type"] for each in events] == [f"platform.{each}" for each in types]


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARN"])
def test_json_events_of_an_error_are_written_at_every_level(level: str) -> None:
    lines = PlatformLog("JSON", "3", level)
    failed = REPORT._replace(status="error", error_type="Runtime.ExitError")
    error_type = "Runtime.ImportModuleError"
    assert event(lines.runtime_done(failed, 20))["record"] == {
        "requestId": "id-1",
        "status": "error",
        "errorType": "Runtime.ExitError",
        "metrics": {"durationMs": 12.345, "producedBytes": 20},
    }
    initialised = event(lines.init_runtime_done("error", error_type))
    assert initialised["record"]["errorType"] == error_type
    assert lines.init_report(12.3, "error", error_type)
    assert event(lines.report(REPORT._replace(status="timeout")))["record"]["status"] == "timeout"


def test_text_has_no_levels_and_no_lines_about_a_successful_runtime() -> None:
    lines = PlatformLog("Text", "3", "WARN")
    assert lines.start("id-1") == "START RequestId: id-1 Version: 3\n"
    assert lines.report(REPORT) is not None
    written = (lines.init_runtime_done(), lines.init_report(25.0), lines.runtime_done(REPORT, 20))
    assert written == (None, None, None)


def test_a_start_in_json_has_the_version() -> None:
    start = event(JSON.start("id-1"))
    assert start["type"] == "platform.start"
    assert start["record"] == {"requestId": "id-1", "version": "3"}


def test_a_failed_init_phase_has_a_report() -> None:
    error_type = "Runtime.ImportModuleError"
    assert TEXT.init_report(12.345, "error", error_type) == (
        "INIT_REPORT Init Duration: 12.35 ms\tPhase: init\tStatus: error\t"
        f"Error Type: {error_type}\t\n"
    )
    report = event(JSON.init_report(12.345, "timeout"))
    assert report["type"] == "platform.initReport"
    assert report["record"] == {
        "initializationType": "on-demand",
        "phase": "init",
        "status": "timeout",
        "metrics": {"durationMs": 12.345},
    }


def test_only_text_has_lines_for_an_exit_and_a_timeout() -> None:
    assert TEXT.exited("id-1", "Runtime exited with error: exit status 3") == (
        "RequestId: id-1 Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n"
    )
    assert (TEXT.timed_out("id-1", "Task timed out") or "").endswith(" id-1 Task timed out\n")
    assert (JSON.exited("id-1", "x"), JSON.timed_out("id-1", "x")) == (None, None)
