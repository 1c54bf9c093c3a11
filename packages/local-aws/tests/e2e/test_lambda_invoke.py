"""Invoke: the control plane passes the call on to the workers of the data plane."""

from __future__ import annotations

import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws import LocalCloud, ProcessStatus
from local_aws_tests.accounts import DEV, PROD, Account, kill
from local_aws_tests.balanced import eventually, package
from local_aws_tests.lambda_function import Function

HANDLER = """
import os, sys, time

print("cold")

def handler(event, context):
    print("event", event)
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("exit"):
        sys.exit(3)
    if event.get("raise"):
        raise ValueError("on purpose")
    if event.get("print"):
        print("x" * event["print"])
    if event.get("set"):
        return {1, 2}
    if event.get("large"):
        return "x" * 7_000_000
    return {
        "arn": context.invoked_function_arn,
        "event": event,
        "id": context.aws_request_id,
        "version": context.function_version,
    }
"""


@pytest.fixture(scope="module")
def function(account: Account) -> Function:
    return Function(account, HANDLER, MemorySize=256)


def test_invoke_returns_the_response_of_the_function(function: Function) -> None:
    answer = function.invoke({"a": 1})
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert answer["Payload"] == {
        "arn": function.arn,
        "event": {"a": 1},
        "id": answer["ResponseMetadata"]["RequestId"],
        "version": "$LATEST",
    }
    assert function.invoke()["Payload"]["event"] == {}


def test_the_log_tail_is_returned_if_the_caller_asks_for_it(function: Function) -> None:
    answer = function.invoke({"a": 2}, LogType="Tail")
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    request_id = answer["Payload"]["id"]
    assert lines[0] == f"START RequestId: {request_id} Version: $LATEST"
    assert lines[1:3] == ["event {'a': 2}", f"END RequestId: {request_id}"]
    assert lines[3].startswith(f"REPORT RequestId: {request_id}\tDuration: ")
    long = base64.b64decode(function.invoke({"print": 9_000}, LogType="Tail")["LogResult"])
    assert len(long) == 4_096
    assert b"REPORT" in long
    assert "LogResult" not in function.invoke({})


def test_the_client_context_reaches_the_handler(account: Account) -> None:
    source = """
def handler(event, context):
    client = context.client_context
    return None if client is None else {"custom": client.custom, "env": client.env}
"""
    function = Function(account, source)
    sent = base64.b64encode(json.dumps({"custom": {"é": 1}, "env": {"a": "b"}}).encode()).decode()
    assert function.invoke({})["Payload"] is None
    answer = function.invoke({}, ClientContext=sent)
    assert answer["Payload"] == {"custom": {"é": 1}, "env": {"a": "b"}}
    assert function.invoke({})["Payload"] is None


@pytest.mark.parametrize("text", ["no base64", "bm8gSlNPTg==", "WzFd", "/w==", "e" * 3_600])
def test_an_invalid_client_context_is_refused(function: Function, text: str) -> None:
    with pytest.raises(ClientError, match="client context") as refused:
        function.invoke({}, ClientContext=text)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_versions_and_aliases_are_invoked_by_each_form_of_their_name(account: Account) -> None:
    function = Function(account, HANDLER)
    client = function.client
    first = client.publish_version(FunctionName=function.name)["Version"]
    client.update_function_code(
        FunctionName=function.name, ZipFile=package(HANDLER + "#"), Publish=True
    )
    client.create_alias(FunctionName=function.name, Name="live", FunctionVersion=first)
    names = (
        {"Qualifier": "live"},
        {"FunctionName": f"{function.name}:live"},
        {"FunctionName": f"{function.arn}:live"},
        {"FunctionName": f"{DEV}:function:{function.name}:live"},
    )
    for name in names:
        answer = function.invoke({}, **name)
        assert answer["ExecutedVersion"] == first
        assert answer["Payload"]["arn"] == f"{function.arn}:live"
    assert function.invoke({}, Qualifier="$LATEST")["ExecutedVersion"] == "$LATEST"
    client.update_alias(
        FunctionName=function.name,
        Name="live",
        FunctionVersion=first,
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    seen: set[str] = set()

    def both() -> bool:
        seen.add(function.invoke({}, Qualifier="live")["ExecutedVersion"])
        return seen == {"1", "2"}

    assert eventually(both)


def test_the_next_call_runs_new_code(account: Account) -> None:
    function = Function(account, HANDLER)
    function.invoke({})
    function.client.update_function_code(
        FunctionName=function.name, ZipFile=package("def handler(*_): return 'new'")
    )
    assert function.invoke({})["Payload"] == "new"


def test_a_dry_run_runs_nothing_and_an_event_does_not_wait(
    function: Function, account: Account
) -> None:
    dry = function.invoke({"raise": 1}, InvocationType="DryRun")
    assert dry["StatusCode"] == 204
    assert dry["ResponseMetadata"]["RequestId"]
    answer = function.invoke({"note": "of an event"}, InvocationType="Event")
    assert answer["StatusCode"] == 202
    assert answer["Payload"] is None


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        ({"raise": 1}, "ValueError", "on purpose"),
        ({"exit": 1}, "Runtime.ExitError", "Error: Runtime exited with error: exit status 3"),
        ({"sleep": 9}, "Sandbox.Timedout", "Error: Task timed out after 3.00 seconds"),
        ({"set": 1}, "Runtime.MarshalError", "Unable to marshal response"),
        ({"large": 1}, "Function.ResponseSizeTooLarge", "maximum allowed payload size"),
    ],
)
def test_each_function_error_has_its_type_and_the_next_call_works(
    function: Function, event: dict[str, int], kind: str, message: str
) -> None:
    answer = function.invoke(event)
    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == kind
    assert message in answer["Payload"]["errorMessage"]
    assert "FunctionError" not in function.invoke({})


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("import nothing_of_that_name", "Runtime.ImportModuleError"),
        ("def handler(: pass", "Runtime.UserCodeSyntaxError"),
        ("other = 1", "Runtime.HandlerNotFound"),
        ("import sys; sys.exit(1)", "Runtime.ExitError"),
    ],
)
def test_a_failed_init_phase_has_its_error_type(account: Account, handler: str, kind: str) -> None:
    function = Function(account, handler)
    for _ in range(2):
        answer = function.invoke({}, LogType="Tail")
        assert answer["FunctionError"] == "Unhandled"
        assert answer["Payload"]["errorType"] == kind


def test_a_function_that_exceeds_its_memory_is_killed(account: Account) -> None:
    handler = "import time\ndef handler(*_):\n    taken = b'x' * (400 << 20)\n    time.sleep(2)"
    function = Function(account, handler, MemorySize=128, Timeout=10)
    answer = function.invoke({}, LogType="Tail")
    assert answer["Payload"]["errorType"] == "Runtime.ExitError"
    assert "Runtime exited with error: signal: killed" in answer["Payload"]["errorMessage"]
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "Status: error\tError Type: Runtime.OutOfMemory" in log


def test_calls_beyond_the_reserved_concurrency_are_throttled(account: Account) -> None:
    function = Function(account, HANDLER, Timeout=10, MemorySize=256)
    function.client.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=1
    )
    with ThreadPoolExecutor() as threads:
        refused = [each for each in threads.map(lambda _: _refused(function), range(3)) if each]
    assert len(refused) == 2
    for each in refused:
        assert each["Error"]["Code"] == "TooManyRequestsException"
        assert each["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
        assert each["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert each["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"


def _refused(function: Function) -> dict[str, Any] | None:
    try:
        function.invoke({"sleep": 2})
    except ClientError as error:
        return error.response  # type: ignore[return-value]
    return None


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"FunctionName": "missing"}, 404, "ResourceNotFoundException"),
        ({"Qualifier": "missing"}, 404, "ResourceNotFoundException"),
        ({"Qualifier": "$latest"}, 404, "ResourceNotFoundException"),
        ({"Qualifier": "a b"}, 400, "ValidationException"),
        ({"Qualifier": "live:1"}, 400, "ValidationException"),
        ({"Qualifier": "l\N{LATIN SMALL LETTER DOTLESS I}ve"}, 400, "ValidationException"),
        ({"Qualifier": "x" * 129}, 400, "ValidationException"),
        ({"FunctionName": "l\N{LATIN SMALL LETTER DOTLESS I}ve"}, 400, "ValidationException"),
        ({"Payload": b"{'a': 1}"}, 400, "InvalidRequestContentException"),
        ({"Payload": b"[NaN]"}, 400, "InvalidRequestContentException"),
        ({"Payload": io.BytesIO(b'"' + b"x" * 6_291_455 + b'"')}, 413, "RequestEntityTooLarge"),
        ({"Payload": b'"' + b"x" * 1_048_576 + b'"', "InvocationType": "Event"}, 413, ""),
        ({"InvocationType": "Later"}, 400, "InvalidParameterValueException"),
        ({"FunctionName": "called-1:a", "Qualifier": "b"}, 400, "InvalidParameterValueException"),
        ({"FunctionName": f"{PROD}:function:x"}, 403, "AccessDeniedException"),
    ],
)
def test_an_invalid_call_is_refused_with_the_error_of_lambda(
    function: Function, arguments: dict[str, Any], status: int, code: str
) -> None:
    refused = function.refusal(**arguments)
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == status
    assert refused["Error"]["Code"].startswith(code)


def test_a_broken_package_is_an_invalid_zip_file_exception(account: Account) -> None:
    function = Function(account, HANDLER)
    function.client.update_function_code(FunctionName=function.name, ZipFile=b"no zip")
    assert function.refusal()["Error"]["Code"] == "InvalidZipFileException"
    function.client.update_function_code(FunctionName=function.name, ZipFile=package(HANDLER))
    assert "FunctionError" not in function.invoke({})


def test_a_new_function_of_any_account_and_region_is_run_at_once(cloud: LocalCloud) -> None:
    function = Function(Account(cloud.start(), PROD, "us-east-1"), HANDLER)
    assert function.invoke({"a": 1})["Payload"]["event"] == {"a": 1}


def test_a_function_that_does_not_exist_is_not_found(cloud: LocalCloud) -> None:
    client = Account(cloud.start(), "333333333333").client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="none")


def test_waiting_calls_do_not_block_calls_of_functions_to_the_control_plane(
    account: Account,
) -> None:
    handler = (
        "import boto3, time\n"
        "def handler(event, context):\n"
        "    time.sleep(0.5)\n"
        "    return boto3.client('sts').get_caller_identity()['Account']\n"
    )
    function = Function(account, handler, Timeout=30, MemorySize=512)
    with ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(lambda _: function.invoke({})["Payload"], range(40)))
    assert answers == [DEV] * 40


def test_a_call_fails_when_its_data_plane_dies_and_the_next_call_works(
    cloud: LocalCloud, account: Account, sleeper: Function
) -> None:
    with ThreadPoolExecutor() as threads:
        running = threads.submit(sleeper.refusal, Payload=b'{"sleep": 20}')
        eventually(lambda: _is_running(account, sleeper))
        kill(_load_balancer(cloud).pid)
        assert running.result()["Error"]["Code"] == "ServiceException"
    assert "FunctionError" not in sleeper.invoke({})


@pytest.fixture
def sleeper(account: Account) -> Function:
    function = Function(account, HANDLER, Timeout=30)
    account.client("logs").create_log_group(logGroupName=f"/aws/lambda/{function.name}")
    return function


def _load_balancer(cloud: LocalCloud) -> ProcessStatus:
    [found] = [each for each in cloud.status() if each.name == f"load-balancer-{DEV}"]
    return found


def _is_running(account: Account, function: Function) -> bool:
    """Return True if the log shows the sleeping invocation."""
    logs = account.client("logs")
    found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
    return any("{'sleep': 20}" in event["message"] for event in found)
