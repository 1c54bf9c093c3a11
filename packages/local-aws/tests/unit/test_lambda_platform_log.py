from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from local_aws.lambda_runtime.platform_log import PlatformLog, Report

REPORT = Report("id-1", 12.345, 128, 40, 25.0, "success")


def test_a_report_in_text_is_what_lambda_writes() -> None:
    assert PlatformLog("Text", "3").report(REPORT) == (
        "REPORT RequestId: id-1\tDuration: 12.35 ms\tBilled Duration: 38 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 40 MB\tInit Duration: 25.00 ms\t\n"
    )


def test_a_report_in_json_is_a_platform_event() -> None:
    event = json.loads(PlatformLog("JSON", "3").report(REPORT) or "")
    assert event["type"] == "platform.report"
    assert event["record"]["metrics"]["billedDurationMs"] == 38
    assert event["record"]["status"] == "success"


def test_what_lambda_itself_ended_is_named_in_the_report() -> None:
    crashed = replace(REPORT, status="error", error_type="Runtime.ExitError")
    text = PlatformLog("Text", "3").report(crashed) or ""
    assert text.endswith("\tStatus: error\tError Type: Runtime.ExitError\t\n")
    event = json.loads(PlatformLog("JSON", "3").report(crashed) or "")
    assert event["record"]["errorType"] == "Runtime.ExitError"


def test_a_worker_begins_with_the_version_of_its_runtime() -> None:
    line = PlatformLog("Text", "3").init_start("api", "python3.13", "eu-west-1") or ""
    version, arn = line.rstrip("\n").split("\t")
    assert version == "INIT_START Runtime Version: python:3.13.v0"
    assert re.fullmatch(r"Runtime Version ARN: arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}", arn)
    event = json.loads(PlatformLog("JSON", "3").init_start("api", "python3.13", "eu-west-1") or "")
    assert event["type"] == "platform.initStart"
    assert event["record"] == {
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": "python:3.13.v0",
        "runtimeVersionArn": arn.removeprefix("Runtime Version ARN: "),
        "functionName": "api",
        "functionVersion": "3",
    }


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("DEBUG", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
        ("INFO", ["initStart", "start", "report"]),
        (None, ["initStart", "start", "report"]),
        ("WARN", []),
    ],
)
def test_of_what_goes_well_json_says_as_much_as_its_level_wants(
    level: str | None, kinds: list[str]
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
    events = [json.loads(line) for line in written if line is not None]
    assert [event["type"] for event in events] == [f"platform.{kind}" for kind in kinds]


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARN"])
def test_what_goes_wrong_is_said_at_every_level(level: str) -> None:
    lines = PlatformLog("JSON", "3", level)
    failed = replace(REPORT, status="error", error_type="Runtime.ExitError")
    kind = "Runtime.ImportModuleError"
    done = json.loads(lines.runtime_done(failed, 20) or "")
    assert done["record"] == {
        "requestId": "id-1",
        "status": "error",
        "errorType": "Runtime.ExitError",
        "metrics": {"durationMs": 12.345, "producedBytes": 20},
    }
    initialised = json.loads(lines.init_runtime_done("error", kind) or "")
    assert initialised["record"]["errorType"] == kind
    assert lines.init_report(12.3, "error", kind)
    assert lines.report(failed)


def test_in_text_nothing_is_said_of_a_runtime_that_did_what_it_should() -> None:
    lines = PlatformLog("Text", "3", "DEBUG")
    written = (lines.init_runtime_done(), lines.init_report(25.0), lines.runtime_done(REPORT, 20))
    assert written == (None, None, None)


def test_a_function_that_did_not_initialise_has_its_own_report() -> None:
    kind = "Runtime.ImportModuleError"
    assert PlatformLog("Text", "3").init_report(12.345, "error", kind) == (
        f"INIT_REPORT Init Duration: 12.35 ms\tPhase: init\tStatus: error\tError Type: {kind}\t\n"
    )
    event = json.loads(PlatformLog("JSON", "3", "WARN").init_report(12.345, "timeout") or "")
    assert event["type"] == "platform.initReport"
    assert event["record"] == {
        "initializationType": "on-demand",
        "phase": "init",
        "status": "timeout",
        "metrics": {"durationMs": 12.345},
    }


def test_only_text_has_lines_of_its_own_for_what_lambda_ended() -> None:
    text, as_json = PlatformLog("Text", "3"), PlatformLog("JSON", "3")
    assert text.exited("id-1", "Runtime exited with error: exit status 3") == (
        "RequestId: id-1 Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n"
    )
    assert (text.timed_out("id-1", "Task timed out") or "").endswith(" id-1 Task timed out\n")
    assert (as_json.exited("id-1", "x"), as_json.timed_out("id-1", "x")) == (None, None)


def test_a_start_names_the_version() -> None:
    assert PlatformLog("Text", "3").start("id-1") == "START RequestId: id-1 Version: 3\n"


@pytest.mark.parametrize("level", [None, "DEBUG", "INFO"])
def test_json_says_that_an_invocation_starts_unless_only_warnings_are_wanted(
    level: str | None,
) -> None:
    event = json.loads(PlatformLog("JSON", "3", level).start("id-1") or "")
    assert (event["type"], event["record"]) == (
        "platform.start",
        {"requestId": "id-1", "version": "3"},
    )


def test_of_what_went_well_a_level_of_warnings_leaves_out_everything() -> None:
    lines = PlatformLog("JSON", "3", "WARN")
    assert (lines.start("id-1"), lines.report(REPORT)) == (None, None)
    failed = json.loads(lines.report(replace(REPORT, status="timeout")) or "")
    assert failed["record"]["status"] == "timeout"


def test_text_knows_no_levels() -> None:
    lines = PlatformLog("Text", "3", "WARN")
    assert lines.start("id-1") is not None
    assert lines.report(REPORT) is not None
