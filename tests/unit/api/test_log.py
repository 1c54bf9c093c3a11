from __future__ import annotations

import importlib
import io
import json
from typing import Any

import pytest

from tests.unit.api.function import Context, event, load

app = importlib.import_module("api.app")
log = importlib.import_module("api.log")
problem = importlib.import_module("api.problem")


class Documents:
    """Documents that fail with ``error``, where there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def read(self, _name: str) -> str:
        if self._error:
            raise self._error
        return "{}"


def _lines(
    sent: Any, error: Exception | None = None, level: str = "INFO"
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    stream = io.StringIO()
    ticks = iter([10.0, 10.0125])
    api = app.Api(Documents(error), log.RequestLog(level, stream), clock=lambda: next(ticks))
    answer = api.handle(sent, request_id="8f5e5c1e")
    return answer, [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_of_json() -> None:
    _, lines = _lines(event("get_document"))
    assert lines == [
        {
            "level": "INFO",
            "status": 200,
            "request_id": "8f5e5c1e",
            "trace_id": "Root=1-68c2f1aa-6b1c3f9a0d5e4b7c2a8f0e11",
            "method": "GET",
            "route": "/api/{name}",
            "duration_ms": 12.5,
        }
    ]


def test_a_multi_value_request_has_its_trace_id_in_the_log() -> None:
    _, [line] = _lines(event("get_document_multi_value"))
    assert line["trace_id"] == "Root=1-68c2f1b0-1c9d7e3b5a2f4c6d8e0f1a2b"


def test_a_problem_is_logged_with_its_code() -> None:
    _, [line] = _lines(event("get_document", path="/api/UPPER"))
    assert (line["level"], line["status"], line["error"]) == ("INFO", 400, "invalid_name")


def test_a_failure_of_s3_is_an_error_with_its_cause() -> None:
    _, [line] = _lines(event("get_document"), problem.StorageError("AccessDenied"))
    assert (line["level"], line["error"], line["cause"]) == (
        "ERROR",
        "storage_error",
        "AccessDenied",
    )


def test_a_defect_is_a_500_in_json_whose_traceback_is_only_in_the_log() -> None:
    answer, [line] = _lines(event("get_document"), ZeroDivisionError("secret"))
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["error"]["code"] == "internal_error"
    assert "secret" not in answer["body"]
    assert "ZeroDivisionError" in line["traceback"]


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/token-in-the-path"},
        {"path": "/api/TOKEN-in-the-path"},
        {"queryStringParameters": {"token": "token"}},
        {"headers": {"authorization": "token", "cookie": "token"}},
        {"body": "token"},
    ],
)
def test_what_a_client_may_have_sent_by_mistake_stays_out_of_the_log(
    changes: dict[str, Any],
) -> None:
    _, lines = _lines(event("get_document", **changes))
    assert len(lines) == 1
    assert "token" not in json.dumps(lines).lower()


def test_a_client_cannot_write_lines_of_its_own() -> None:
    hostile = 'GET\n{"level": "ERROR"}' + "x" * 10_000
    _, lines = _lines(
        event("get_document", httpMethod=hostile, headers={"x-amzn-trace-id": "a\nb\u2028c"})
    )
    assert len(lines) == 1
    assert len(lines[0]["method"]) <= 16


@pytest.mark.parametrize(("level", "count"), [("DEBUG", 1), ("INFO", 1), ("WARNING", 0)])
def test_the_level_decides_whether_a_success_is_logged(level: str, count: int) -> None:
    assert len(_lines(event("get_document"), level=level)[1]) == count


def test_a_failure_is_logged_at_every_level() -> None:
    unavailable = problem.StorageUnavailable("SlowDown")
    assert len(_lines(event("get_document"), unavailable, level="ERROR")[1]) == 1


def test_the_function_logs_to_stdout(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    load().get("/health")
    out, err = capsys.readouterr()
    assert (json.loads(out)["request_id"], err) == (Context().aws_request_id, "")


def test_a_log_level_that_is_none_does_not_start(environment: pytest.MonkeyPatch) -> None:
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("LOG_LEVEL", "loud")
        with pytest.raises(RuntimeError, match="LOG_LEVEL is 'loud'"):
            load()
