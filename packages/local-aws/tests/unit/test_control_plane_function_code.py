from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from local_aws.control_plane.function_code import (
    code_at,
    is_get_function,
    with_local_location,
)
from local_aws.control_plane.http import Request, Response

DIGEST = hashlib.sha256(b"zip")
ARN = "arn:aws:lambda:eu-west-1:111111111111:function:api"


def answer(**configuration: Any) -> Response:
    digest = base64.b64encode(DIGEST.digest()).decode()
    values = {"FunctionArn": ARN, "CodeSha256": digest} | configuration
    code = {"RepositoryType": "S3", "Location": "https://awslambda.example/x"}
    return Response(200, (), json.dumps({"Configuration": values, "Code": code}).encode())


def location(response: Response) -> str:
    text: str = json.loads(response.body)["Code"]["Location"]
    return text


def test_the_location_has_the_function_and_the_hash_of_its_code() -> None:
    local = with_local_location(answer(FunctionArn=f"{ARN}:3"), "http://127.0.0.1:4747")
    assert location(local) == (
        f"http://127.0.0.1:4747/_local-aws/code/111111111111/eu-west-1/api/{DIGEST.hexdigest()}"
    )


@pytest.mark.parametrize(
    "response",
    [
        Response(404, (), b'{"Message": "Function not found"}'),
        Response(200, (), b"not json"),
        Response(200, (), b"[]"),
        Response(200, (), b'{"Configuration": {}, "Code": {"ImageUri": "x"}}'),
        answer(CodeSha256=""),
        answer(CodeSha256="not base64!"),
        answer(FunctionArn="arn"),
    ],
)
def test_an_answer_without_a_zip_is_not_changed(response: Response) -> None:
    assert with_local_location(response, "http://x") is response


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/2015-03-31/functions/api", True),
        ("GET", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax", True),
        ("POST", "/2015-03-31/functions/api", False),
        ("GET", "/2015-03-31/functions/", False),
        ("GET", "/2015-03-31/functions/api/policy", False),
    ],
)
def test_only_get_function_is_rewritten(method: str, path: str, expected: bool) -> None:
    assert is_get_function(Request(method, path, "", (), b"")) is expected


@pytest.mark.parametrize(
    "path",
    [
        "/_local-aws/code/",
        "/_local-aws/code/../../etc/passwd",
        f"/_local-aws/code/000000000009/eu-west-1/api/{'0' * 64}",
        f"/_local-aws/code/000000000009/eu-west-1/api/{'z' * 64}",
    ],
)
def test_an_unknown_path_has_no_code(path: str) -> None:
    assert code_at(path) is None
