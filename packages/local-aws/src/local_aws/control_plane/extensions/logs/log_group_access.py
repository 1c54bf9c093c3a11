"""Authorization of a function that creates its log group.

A running function must not create a destroyed log group again, unless its role allows that.

Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs"; service
authorization reference, "Actions defined by Amazon CloudWatch Logs".
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import LogsClientError

from local_aws.control_plane.extensions.s3.requester import find_worker
from local_aws.iam import MalformedPolicyError
from local_aws.iam.evaluation import Policies, decide
from local_aws.iam.statement import AccessRequest

_ACTION = "logs:CreateLogGroup"


def create_log_group(original: Any, response: Any) -> Any:
    refusal = _refusal(response)
    if refusal is not None:
        raise LogsClientError("AccessDeniedException", refusal)
    return original(response)


def _refusal(response: Any) -> str | None:
    requester = find_worker(response.access_key)
    if requester is None:
        return None
    account, region = response.current_account, response.region
    name = response._get_param("logGroupName")
    # The ARN ends like this for every action on a log group.
    arn = f"arn:aws:logs:{region}:{account}:log-group:{name}:log-stream:"
    try:
        policies = Policies(owner=account, identity=requester.identity, boundary=requester.boundary)
        decision = decide(
            AccessRequest(requester.caller, _ACTION, arn, requester.context), policies
        )
    except MalformedPolicyError as error:
        return f"a policy of the role cannot be read: {error}"
    if decision.allowed:
        return None
    caller = requester.caller.arns[-1]
    refused = f"User: {caller} is not authorized to perform: {_ACTION} on resource: {arn}"
    return f"{refused} {decision.reason}"
