"""Where AWS Lambda enters: handler ``lambda.lambda_handler``, behind an Application Load Balancer.

===================== =============================================================================
variable              meaning
===================== =============================================================================
``BUCKET``            the bucket that holds the documents (required)
``CORS_ORIGINS``      origins whose pages may call, comma-separated, or ``*``; none by default
``FRESH_SECONDS``     how long a document is served without asking S3 again (5)
``STALE_SECONDS``     how old a copy may be that is served while S3 fails (300)
``LOG_LEVEL``         DEBUG, INFO (default), WARNING or ERROR
``METRICS_NAMESPACE`` of the metrics in the log; the function's name by default
===================== =============================================================================

Everything built here is built once for each execution environment, before its first request.
"""

from __future__ import annotations

import gc
import os
from typing import Any

# Nothing that is made from here to below ever becomes garbage: collecting would cost a tenth of a
# cold start, and later a pause in every few requests.
gc.disable()

from api.app import Api  # noqa: E402
from api.cors import Cors  # noqa: E402
from api.documents import Documents  # noqa: E402
from api.log import RequestLog  # noqa: E402
from api.storage import Storage  # noqa: E402

_api = Api(
    Documents.from_environment(Storage.from_environment(os.environ), os.environ),
    Cors.from_environment(os.environ),
    RequestLog.from_environment(os.environ),
)

gc.freeze()
gc.enable()


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one request of the load balancer. Never raises: a defect is a 500 in JSON as well."""
    return _api.handle(event, request_id=context.aws_request_id)
