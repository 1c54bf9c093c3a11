"""Functions and their versions, through the public Lambda API."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion, Target
from local_aws.lambda_runtime.permission import Permission, permissions

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_log = logging.getLogger(__name__)


def read_targets(functions: LambdaClient, arns: Iterable[str]) -> dict[str, Target]:
    """What each ARN stands for now; ARNs of functions that do not exist are left out.

    Raises what boto3 raises for anything but a missing function.
    """
    targets = {}
    for text in sorted(arns):
        try:
            targets[text] = _read(functions, text)
        except ValueError as error:
            _log.warning("a target group names something else than a function: %s", error)
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
        permissions=_permissions(functions, arn),
        reserved_concurrency=answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
    )


def _permissions(functions: LambdaClient, arn: FunctionArn) -> tuple[Permission, ...]:
    try:
        if arn.qualifier is None:
            answer = functions.get_policy(FunctionName=arn.name)
        else:
            answer = functions.get_policy(FunctionName=arn.name, Qualifier=arn.qualifier)
    except ClientError as error:
        if _is_missing(error):
            return ()
        raise
    return permissions(answer["Policy"])


def _is_missing(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "ResourceNotFoundException"
