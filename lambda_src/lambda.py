"""Lambda function behind an Application Load Balancer; the handler is ``lambda.lambda_handler``.

===================== =============================================================================
variable              meaning
===================== =============================================================================
``BUCKET``            the bucket that holds the documents (required)
``CORS_ORIGINS``      origins that may call from a browser, comma-separated, or ``*``; default none
``FRESH_SECONDS``     seconds to serve a document without asking S3 again (5)
``STALE_SECONDS``     maximum age in seconds of a copy that is served while S3 fails (300)
``LOG_LEVEL``         DEBUG, INFO (default), WARNING or ERROR
``METRICS_NAMESPACE`` namespace of the metrics in the log; default the function's name
===================== =============================================================================

The module builds the API once for each execution environment, before its first request.
"""

from __future__ import annotations

import os
from typing import Any

from api.app import Api
from api.cors import Cors
from api.documents import Documents
from api.log import RequestLog
from api.storage import Storage

_api = Api(
    Documents.from_environment(Storage.from_environment(os.environ), os.environ),
    Cors.from_environment(os.environ),
    RequestLog.from_environment(os.environ),
)


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one request of the load balancer. Never raises: a bug becomes a 500 in JSON."""
    return _api.handle(event, request_id=context.aws_request_id)
