from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.fakes import WRITTEN, Fake
from tests.unit.api.function import Context, event, load

problem = importlib.import_module("api.problem")

_REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"


def _lines(
    sent: Any, error: Exception | None = None, level: str = "INFO"
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    fake = Fake(level=level)
    fake.source.put("foo", "{}")
    fake.source.error = error
    answer = fake.api.send(sent)
    return answer.raw, fake.lines


def test_a_request_is_one_line_of_json() -> None:
    _, [line] = _lines(event("get_document"))
    del line["_aws"]
    assert line == {
        "level": "INFO",
        "status": 200,
        "cache": "miss",
        "request_id": Context().aws_request_id,
        "trace_id": "Root=1-68c2f1aa-6b1c3f9a0d5e4b7c2a8f0e11",
        "method": "GET",
        "route": "/api/{name}",
        "duration_ms": 0.0,
        "storage_reads": 1,
        "server_errors": 0,
        "stale_answers": 0,
    }


def test_the_line_contains_metrics_by_route() -> None:
    _, [line] = _lines(event("get_document"))
    assert line["_aws"]["Timestamp"] == WRITTEN * 1000
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("api", [["route"]])
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {
        "duration_ms": "Milliseconds",
        "server_errors": "Count",
        "stale_answers": "Count",
        "storage_reads": "Count",
    }
    assert all(isinstance(line[name], int | float) for name in units)


def test_every_field_and_metric_is_explained_in_the_reference() -> None:
    explained = set(re.findall(r"^\| (`.*?) \|", _REFERENCE.read_text(), re.M))
    names = {name for cell in explained for name in re.findall(r"`(\w+)`", cell)}
    _, [line] = _lines(event("get_document"), ZeroDivisionError())
    assert line.keys() - {"_aws"} <= names


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/health", "/health"),
        ("/api", "/api"),
        ("/api/foo", "/api/{name}"),
        ("/api/UPPER", "/api/{name}"),
        ("/openapi.json", "/openapi.json"),
        ("/elsewhere", "none"),
    ],
)
def test_the_route_is_a_template_and_not_the_path(path: str, route: str) -> None:
    _, [line] = _lines(event("get_document", path=path))
    assert line["route"] == route


def test_the_line_names_the_result_of_the_cache() -> None:
    fake = Fake()
    fake.source.put("foo", "{}")
    fake.api.get("/api/foo")
    fake.api.get("/api/foo")
    fake.now.seconds = 6
    fake.api.get("/api/foo")
    fake.now.seconds = 20
    fake.source.error = problem.StorageUnavailable("SlowDown")
    fake.api.get("/api/foo")
    fake.api.get("/health")
    assert [
        (line["cache"], line["storage_reads"], line["stale_answers"]) for line in fake.lines
    ] == [("miss", 1, 0), ("hit", 0, 0), ("revalidated", 1, 0), ("stale", 1, 1), ("none", 0, 0)]


def test_the_duration_is_in_milliseconds() -> None:
    fake = Fake()

    def take_a_while() -> None:
        fake.now.seconds += 0.0125

    fake.source.on_read = take_a_while
    fake.api.get("/api/foo")
    assert fake.lines[0]["duration_ms"] == 12.5


def test_a_multi_value_request_has_its_trace_id_in_the_log() -> None:
    _, [line] = _lines(event("get_document_multi_value"))
    assert line["trace_id"] == "Root=1-68c2f1b0-1c9d7e3b5a2f4c6d8e0f1a2b"


def test_a_problem_is_logged_with_its_code() -> None:
    _, [line] = _lines(event("get_document", path="/api/UPPER"))
    assert (line["level"], line["status"], line["error"]) == ("INFO", 400, "invalid_name")


def test_a_failure_of_s3_is_an_error_with_its_cause() -> None:
    _, [line] = _lines(event("get_document"), problem.StorageError("AccessDenied"))
    assert (line["level"], line["error"], line["cause"], line["server_errors"]) == (
        "ERROR",
        "storage_error",
        "AccessDenied",
        1,
    )


def test_a_bug_is_a_500_in_json_with_its_traceback_in_the_log_only() -> None:
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
        {"path": "/api", "queryStringParameters": {"after": "token"}},
        {"headers": {"authorization": "token", "cookie": "token", "origin": "https://token"}},
        {"headers": {"if-none-match": '"token"', "if-match": '"token"'}},
        {"body": "token"},
    ],
)
def test_secrets_that_a_client_sent_by_mistake_stay_out_of_the_log(
    changes: dict[str, Any],
) -> None:
    _, lines = _lines(event("get_document", **changes))
    assert len(lines) == 1
    assert "token" not in json.dumps(lines).lower()


def test_no_content_of_a_document_is_logged() -> None:
    fake = Fake()
    fake.source.put("foo", '{"secret": 1}')
    fake.api.get("/api/foo")
    assert "secret" not in fake.stream.getvalue()


def test_a_client_cannot_inject_a_line() -> None:
    hostile = 'GET\n{"level": "ERROR"}' + "x" * 10_000
    trace = "a\nb\u2028c" + "x" * 10_000
    _, lines = _lines(event("get_document", httpMethod=hostile, headers={"x-amzn-trace-id": trace}))
    assert len(lines) == 1
    assert len(json.dumps(lines)) < 2_000


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


@pytest.mark.parametrize(
    ("variables", "namespace"),
    [
        ({}, "api"),
        ({"AWS_LAMBDA_FUNCTION_NAME": "terrarium-dev"}, "terrarium-dev"),
        ({"AWS_LAMBDA_FUNCTION_NAME": "x", "METRICS_NAMESPACE": "Terrarium/dev"}, "Terrarium/dev"),
    ],
)
def test_the_namespace_of_metrics_is_the_function_name_by_default(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    namespace: str,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_LAMBDA_FUNCTION_NAME", "METRICS_NAMESPACE"):
            patch.delenv(name, raising=False)
        for name, value in variables.items():
            patch.setenv(name, value)
        load().get("/health")
    line = json.loads(capsys.readouterr().out)
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == namespace


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LOG_LEVEL", "loud"),
        ("METRICS_NAMESPACE", "a b"),
        ("METRICS_NAMESPACE", "a" * 256),
        ("FRESH_SECONDS", "-1"),
        ("FRESH_SECONDS", "1.5"),
        ("STALE_SECONDS", "long"),
        ("CORS_ORIGINS", "example.com"),
        ("CORS_ORIGINS", "*,https://example.com"),
    ],
)
def test_an_invalid_variable_stops_the_start(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv(variable, value)
        with pytest.raises(RuntimeError, match=variable):
            load()
