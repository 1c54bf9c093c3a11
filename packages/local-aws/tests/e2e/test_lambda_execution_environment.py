"""The environment, the platform log and the limits of a worker, as on AWS."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

import psutil
from local_aws import LocalCloud
from local_aws_tests.accounts import DEV, PROD, REGION, Account
from local_aws_tests.balanced import MAY_LOG, eventually
from local_aws_tests.lambda_function import Function

HANDLER = """
import os, sys

def handler(event, context):
    if "flood" in event:
        for _ in range(event["flood"]):
            sys.stdout.write("x" * 1023 + chr(10))
    return {"environment": dict(os.environ), "pid": os.getpid(), "cwd": os.getcwd()}
"""


def log_of(answer: dict[str, Any]) -> str:
    return base64.b64decode(answer["LogResult"]).decode()


def test_a_worker_has_reserved_variables_and_those_of_its_function(
    account: Account,
) -> None:
    variables = {"Variables": {"BUCKET": "documents"}}
    function = Function(account, HANDLER, Environment=variables, MemorySize=256)
    answer = function.invoke({})["Payload"]
    found = answer["environment"]
    expected = {
        "_HANDLER": "lambda.handler",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_REGION": REGION,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "BUCKET": "documents",
        "LAMBDA_TASK_ROOT": answer["cwd"],
        "TZ": ":UTC",
    }
    assert {name: found.get(name) for name in expected} == expected
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert found[name]
    assert "[$LATEST]" in found["AWS_LAMBDA_LOG_STREAM_NAME"]
    assert found["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert "LOCAL_AWS_TOKEN" not in found


def test_only_the_first_report_of_a_worker_has_an_init_duration(
    account: Account,
) -> None:
    function = Function(account, HANDLER, MemorySize=256)
    first, second = (log_of(function.invoke({}, LogType="Tail")) for _ in range(2))
    report = (
        r"REPORT RequestId: [0-9a-f-]{36}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 256 MB\tMax Memory Used: [1-9]\d* MB\t"
    )
    assert re.search(report + r"Init Duration: \d+\.\d\d ms\t\n", first)
    assert re.search(report + r"\n", second)
    assert "Init Duration" not in second


def test_a_failed_init_phase_has_an_init_report(account: Account) -> None:
    function = Function(account, "import nothing_of_that_name")
    log = log_of(function.invoke({}, LogType="Tail"))
    assert "No module named 'nothing_of_that_name'" in log
    report = r"INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: init\tStatus: error\t"
    assert re.search(report + r"Error Type: Runtime\.ImportModuleError\t\n", log)


def test_an_init_phase_that_exceeds_its_memory_is_killed(account: Account) -> None:
    source = "import time\nheld = bytearray(200 << 20)\ntime.sleep(9)\n" + HANDLER
    function = Function(account, source, MemorySize=128)
    began = time.monotonic()
    answer = function.invoke({}, LogType="Tail")
    assert time.monotonic() - began < 5
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Runtime.ExitError"
    assert "Error Type: Runtime.OutOfMemory" in log_of(answer)


def test_a_killed_worker_is_replaced_for_the_next_invocation(
    account: Account,
) -> None:
    function = Function(account, HANDLER)
    pid = function.invoke({})["Payload"]["pid"]
    psutil.Process(pid).kill()
    answer = function.invoke({})
    assert "FunctionError" not in answer
    assert answer["Payload"]["pid"] != pid


def test_a_deleted_log_group_is_created_again_only_if_the_role_allows_it(
    account: Account, cloud: LocalCloud
) -> None:
    function = Function(account, HANDLER)
    logs, iam = account.client("logs"), account.client("iam")
    group = f"/aws/lambda/{function.name}"

    def exists() -> bool:
        found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        return any(each["logGroupName"] == group for each in found)

    function.invoke({})
    eventually(exists)
    policy = json.loads(json.dumps(MAY_LOG).replace('"logs:CreateLogGroup", ', ""))
    iam.put_role_policy(
        RoleName=function.name, PolicyName="logs", PolicyDocument=json.dumps(policy)
    )
    logs.delete_log_group(logGroupName=group)
    function.invoke({})
    log = cloud.log(f"load-balancer-{DEV}")
    eventually(lambda: f"no log group {group}" in log.read_text())
    assert not exists()
    logs.create_log_group(logGroupName=group)
    function.invoke({})
    eventually(lambda: logs.describe_log_streams(logGroupName=group)["logStreams"])


def test_a_hundred_megabytes_of_output_keep_the_end_of_the_log(cloud: LocalCloud) -> None:
    """In another account, so that no other test waits for these log lines."""
    function = Function(Account(cloud.start(), PROD), HANDLER, Timeout=60, MemorySize=256)
    answer = function.invoke({"flood": 100_000}, LogType="Tail")
    assert "FunctionError" not in answer
    assert "REPORT RequestId" in log_of(answer)
    assert "FunctionError" not in function.invoke({})
