from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from local_aws.cloudwatch.function_log_delivery import LogBatcher, LogEvent
from local_aws.errors import CloudError
from local_aws.lambda_runtime.environment_variables import Credentials, Endpoints, variables
from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion, Target
from local_aws.lambda_runtime.invoker import Functions
from local_aws.lambda_runtime.outcome import Failed, Outcome, Reason
from local_aws.lambda_runtime.permission import Permission

ARN = "arn:aws:lambda:eu-west-1:111111111111:function:api:live"
KEYS = Credentials("key", "secret", "token", 0.0)


class Nowhere:
    def put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        pass


def version(**changes: Any) -> FunctionVersion:
    configuration = {"FunctionName": "api", "Version": "1", "Runtime": "python3.13", **changes}
    return FunctionVersion.from_answer(FunctionArn.parse(ARN), {"Configuration": configuration})


def invoke(tmp_path: Path, *targets: Target) -> Outcome:
    """The outcome of one invocation on a machine on which no role can be assumed."""

    async def credentials(function: FunctionVersion) -> Credentials:
        raise CloudError(f"the role of {function.name} cannot be assumed")

    async def run() -> Outcome:
        functions = Functions(
            cache=tmp_path,
            endpoint_url="http://127.0.0.1:1",
            credentials=credentials,
            logs=LogBatcher(Nowhere()),
        )
        functions.start()
        functions.update({target.arn: target for target in targets})
        try:
            outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            functions.invoke(
                ARN, b"{}", outcome.set_result, trace_id="Root=1", source_arn="arn:group"
            )
            return await outcome
        finally:
            await functions.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("targets", "reason"),
    [
        ([], Reason.NOT_FOUND),
        ([Target(ARN, ((version(), 1.0),), permissions=())], Reason.ACCESS_DENIED),
        (
            [Target(ARN, ((version(), 1.0),), permissions=(Permission("arn:other"),))],
            Reason.ACCESS_DENIED,
        ),
        ([Target(ARN, ((version(Runtime="ruby3.4"), 1.0),))], Reason.INVALID_RUNTIME),
        ([Target(ARN, ((version(), 1.0),), reserved_concurrency=0)], Reason.THROTTLING),
        ([Target(ARN, ((version(), 1.0),))], Reason.SERVICE),
    ],
)
def test_what_cannot_be_invoked_fails_with_its_reason(
    tmp_path: Path, targets: list[Target], reason: Reason
) -> None:
    outcome = invoke(tmp_path, *targets)
    assert isinstance(outcome, Failed)
    assert outcome.reason is reason


def worker_variables(monkeypatch: pytest.MonkeyPatch, **own: str) -> dict[str, str]:
    monkeypatch.setenv("AWS_PROFILE", "the-developers")
    return dict(
        variables(
            version(Environment={"Variables": own}, Handler="lambda.handler"),
            task_root=Path("/code"),
            runtime_api="127.0.0.1:9001",
            log_stream="stream",
            credentials=KEYS,
            endpoints=Endpoints("http://127.0.0.1:4747"),
        )
    )


def test_a_worker_knows_its_function_and_its_role(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = worker_variables(monkeypatch, BUCKET="documents")
    assert environment["BUCKET"] == "documents"
    assert environment["_HANDLER"] == "lambda.handler"
    assert environment["AWS_ACCESS_KEY_ID"] == "key"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4747"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert environment["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/api"


def test_nothing_of_the_developers_environment_reaches_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "AWS_PROFILE" not in worker_variables(monkeypatch)


def test_a_function_cannot_replace_what_lambda_reserves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_variables(monkeypatch, AWS_REGION="us-east-1")["AWS_REGION"] == "eu-west-1"
