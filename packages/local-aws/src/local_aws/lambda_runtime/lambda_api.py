"""Function versions, aliases and resource-based policies, read through the Lambda API."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local_aws.iam import MalformedPolicyError
from local_aws.iam.statement import Policy, parse
from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion, Target

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_log = logging.getLogger(__name__)


def read_targets(functions: LambdaClient, arns: Iterable[str]) -> dict[str, Target]:
    """Read the target of each ARN; ARNs of functions that do not exist are left out.

    Raises ClientError and BotoCoreError, except for a missing function.
    """
    targets = {}
    for text in sorted(arns):
        try:
            targets[text] = _read(functions, text)
        except ValueError as error:
            _log.warning("a target of a target group is not a function: %s", error)
        except ClientError as error:
            if not _is_missing(error):
                raise
    return targets


def _read(functions: LambdaClient, text: str) -> Target:
    arn = FunctionArn.parse(text)
    qualifier = arn.qualifier or "$LATEST"
    answer = functions.get_function(FunctionName=arn.name, Qualifier=qualifier)
    main = FunctionVersion.from_answer(arn, answer)
    others = []
    if qualifier != "$LATEST" and not qualifier.isdigit():
        alias = functions.get_alias(FunctionName=arn.name, Name=qualifier)
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        for version, weight in sorted(weights.items()):
            other = functions.get_function(FunctionName=arn.name, Qualifier=version)
            others.append((FunctionVersion.from_answer(arn, other), float(weight)))
    rest = 1.0 - sum(weight for _, weight in others)
    return Target(
        arn=text,
        shares=((main, rest), *others),
        policy=_policy(functions, arn),
        reserved_concurrency=answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
    )


def _policy(functions: LambdaClient, arn: FunctionArn) -> Policy | None:
    qualifier: Any = {} if arn.qualifier is None else {"Qualifier": arn.qualifier}
    try:
        document = functions.get_policy(FunctionName=arn.name, **qualifier)["Policy"]
        return parse(f"the policy of function {arn.name}", document)
    except MalformedPolicyError as error:
        _log.warning("the policy of function %s allows nothing: %s", arn.name, error)
    except ClientError as error:
        if not _is_missing(error):
            raise
    return None


def _is_missing(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "ResourceNotFoundException"
