"""Where AWS Lambda enters: handler ``lambda.lambda_handler``, behind an Application Load Balancer.

Environment: ``BUCKET``, the bucket that holds the documents (required); ``LOG_LEVEL``, one of
DEBUG, INFO (default), WARNING and ERROR.

Everything built here is built once for each execution environment, before its first request.
"""

from __future__ import annotations

import os
from typing import Any

from api.app import Api
from api.log import RequestLog
from api.storage import Storage

_api = Api(Storage.from_environment(os.environ), RequestLog.from_environment(os.environ))


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one request of the load balancer. Never raises: a defect is a 500 in JSON as well."""
    return _api.handle(event, request_id=context.aws_request_id)
