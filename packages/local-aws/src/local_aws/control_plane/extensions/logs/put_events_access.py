"""A function's worker makes a log group only if its role lets it, as on AWS.

Without that right a group that was destroyed stays away, however long the function runs on.

Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs"; service
authorization reference, "Actions defined by Amazon CloudWatch Logs".
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import LogsClientError
from moto.logs.responses import LogsResponse

from local_aws.control_plane.extensions.patching import around
from local_aws.control_plane.extensions.s3.s3_requester import worker
from local_aws.iam import MalformedPolicyError
from local_aws.iam.evaluation import Policies, decide
from local_aws.iam.statement import AccessRequest

_ACTION = "logs:CreateLogGroup"


def install() -> None:
    @around(LogsResponse, "create_log_group")
    def create(original: Any, response: Any) -> Any:
        refusal = _refusal(response)
        if refusal is not None:
            raise LogsClientError("AccessDeniedException", refusal)
        return original(response)


def _refusal(response: Any) -> str | None:
    who = worker(response.access_key)
    if who is None:
        return None
    account, region = response.current_account, response.region
    name = response._get_param("logGroupName")
    # The ending is there for every action that a log group is the resource of.
    arn = f"arn:aws:logs:{region}:{account}:log-group:{name}:log-stream:"
    try:
        policies = Policies(owner=account, identity=who.identity, boundary=who.boundary)
        made = decide(AccessRequest(who.caller, _ACTION, arn, who.context), policies)
    except MalformedPolicyError as error:
        return f"a policy of the role cannot be read: {error}"
    if made.allowed:
        return None
    caller = who.caller.arns[-1]
    return (
        f"User: {caller} is not authorized to perform: {_ACTION} on resource: {arn} {made.reason}"
    )
