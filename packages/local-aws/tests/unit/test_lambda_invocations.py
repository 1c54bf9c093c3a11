from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from local_aws.cloudwatch.function_log_delivery import FunctionLogDelivery
from local_aws.errors import CloudError
from local_aws.iam.statement import Policy, parse
from local_aws.lambda_runtime.environment_variables import Credentials, Endpoints, variables
from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion, Target
from local_aws.lambda_runtime.invocation import TAIL_BYTES, Failed, LogTail, Outcome, Reason
from local_aws.lambda_runtime.invoker import FunctionInvoker

ARN = "arn:aws:lambda:eu-west-1:111111111111:function:api:live"
KEYS = Credentials("key", "secret", "token", 0.0)


def version(**changes: Any) -> FunctionVersion:
    configuration = {"FunctionName": "api", "Version": "1", "Runtime": "python3.13", **changes}
    return FunctionVersion.from_answer(FunctionArn.parse(ARN), {"Configuration": configuration})


def policy(principal: str) -> Policy:
    statement = f'"Effect": "Allow", "Principal": "{principal}", "Action": "*", "Resource": "*"'
    return parse("the policy of api", f'{{"Statement": {{{statement}}}}}')


def no_client(*_: str) -> Any:
    raise AssertionError("there are no log events")


def invoke(cache: Path, *targets: Target) -> Outcome:
    """Invoke the function once, where no role can be assumed."""

    async def credentials(function: FunctionVersion) -> Credentials:
        raise CloudError(f"the role of {function.name} cannot be assumed")

    async def run() -> Outcome:
        invoker = FunctionInvoker(
            cache=cache,
            endpoint_url="http://127.0.0.1:1",
            credentials=credentials,
            logs=FunctionLogDelivery(no_client, no_client),
        )
        invoker.start()
        invoker.update({target.arn: target for target in targets})
        try:
            outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            invoker.invoke(
                ARN, b"{}", outcome.set_result, trace_id="Root=1", source_arn="arn:group"
            )
            return await outcome
        finally:
            await invoker.close()

    return asyncio.run(run())


ANYONE = policy("*")


@pytest.mark.parametrize(
    ("targets", "reason"),
    [
        ([], Reason.NOT_FOUND),
        ([Target(ARN, ((version(), 1.0),))], Reason.ACCESS_DENIED),
        ([Target(ARN, ((version(), 1.0),), policy("arn:other"))], Reason.ACCESS_DENIED),
        ([Target(ARN, ((version(Runtime="ruby3.4"), 1.0),), ANYONE)], Reason.INVALID_RUNTIME),
        ([Target(ARN, ((version(), 1.0),), ANYONE, reserved_concurrency=0)], Reason.THROTTLING),
        ([Target(ARN, ((version(), 1.0),), ANYONE)], Reason.SERVICE),
    ],
)
def test_each_failed_invocation_has_its_reason(
    tmp_path: Path, targets: list[Target], reason: Reason
) -> None:
    outcome = invoke(tmp_path, *targets)
    assert isinstance(outcome, Failed)
    assert outcome.reason is reason


def worker_variables(**configured: str) -> dict[str, str]:
    return dict(
        variables(
            version(Environment={"Variables": configured}, Handler="lambda.handler"),
            task_root=Path("/code"),
            log_stream="stream",
            credentials=KEYS,
            endpoints=Endpoints("http://127.0.0.1:4747"),
        )
    )


def test_a_worker_has_the_variables_of_its_function_and_role() -> None:
    environment = worker_variables(BUCKET="documents")
    assert environment["BUCKET"] == "documents"
    assert environment["_HANDLER"] == "lambda.handler"
    assert environment["AWS_ACCESS_KEY_ID"] == "key"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4747"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert environment["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/api"


def test_the_environment_of_this_process_does_not_reach_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "the-developers")
    assert "AWS_PROFILE" not in worker_variables()


def test_a_function_cannot_override_reserved_variables() -> None:
    assert worker_variables(AWS_REGION="us-east-1")["AWS_REGION"] == "eu-west-1"


def test_the_tail_of_a_short_log_is_the_whole_log() -> None:
    tail = LogTail()
    tail.write("one\n")
    tail.write("zwölf\n")
    assert base64.b64decode(tail.encoded()).decode() == "one\nzwölf\n"


def test_the_tail_of_a_long_log_is_its_last_bytes() -> None:
    tail = LogTail()
    for number in range(1_000):
        tail.write(f"line {number}\n")
    assert len(tail.content) == TAIL_BYTES
    assert tail.content.endswith(b"line 999\n")
    tail.write("x" * 3 * TAIL_BYTES)
    assert tail.content == b"x" * TAIL_BYTES
