"""A function without a load balancer, for calls of Invoke."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.accounts import Account
from local_aws_tests.balanced import MAY_LOG, package

_NUMBERS = itertools.count(1)


class Function:
    """A function with its role; ``settings`` are arguments of CreateFunction."""

    def __init__(self, account: Account, handler: str, **settings: Any) -> None:
        self.name = f"called-{next(_NUMBERS)}"
        self.client = account.client("lambda")
        iam = account.client("iam")
        role = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument="{}")
        iam.put_role_policy(
            RoleName=self.name, PolicyName="logs", PolicyDocument=json.dumps(MAY_LOG)
        )
        self.arn: str = self.client.create_function(
            FunctionName=self.name,
            Role=role["Role"]["Arn"],
            Runtime="python3.13",
            Handler="lambda.handler",
            Code={"ZipFile": package(handler)},
            **settings,
        )["FunctionArn"]

    def invoke(self, event: Any = None, **arguments: Any) -> dict[str, Any]:
        """Call Invoke; return the answer with its payload parsed."""
        if event is not None:
            arguments["Payload"] = json.dumps(event).encode()
        answer: dict[str, Any] = self.client.invoke(**{"FunctionName": self.name, **arguments})
        text = answer["Payload"].read()
        return answer | {"Payload": json.loads(text) if text else None}

    def refusal(self, **arguments: Any) -> dict[str, Any]:
        """Call Invoke, which must fail; return the error response."""
        with pytest.raises(ClientError) as refused:
            self.invoke(**arguments)
        return refused.value.response  # type: ignore[return-value]
