"""S3 subresources that moto does not know: the request payment, and errors for the others.

moto takes a request for one of them for a request on the bucket or object itself: DELETE would
delete the bucket.

Source: S3 API reference, Actions; GetBucketRequestPayment and PutBucketRequestPayment.
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.exceptions import MalformedXML

_BUCKET_SUBRESOURCES = frozenset(
    {
        "abac",
        "analytics",
        "intelligent-tiering",
        "metadataAnnotationTable",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "metrics",
        "session",
    }
)
_OBJECT_SUBRESOURCES = frozenset({"annotation", "encryption", "renameObject", "torrent"})
_PAYMENT = "requestPayment"
_PAYER = re.compile(rb"<Payer>(BucketOwner|Requester)</Payer>")


def bucket_response(original: Any, response: Any, request: Any, full_url: str) -> Any:
    query = response._get_querystring(request, full_url)
    if _PAYMENT in query:
        return _payment(response, request.method)
    missing = _BUCKET_SUBRESOURCES & query.keys()
    if missing or (request.method == "DELETE" and "inventory" in query):
        raise NotImplementedError(", ".join(missing))
    return original(response, request, full_url)


def key_response(original: Any, response: Any, request: Any, full_url: str) -> Any:
    query = response._get_querystring(request, full_url)
    missing = _OBJECT_SUBRESOURCES & query.keys()
    if missing or (request.method == "GET" and "retention" in query):
        raise NotImplementedError(", ".join(missing))
    return original(response, request, full_url)


def _payment(response: Any, method: str) -> Any:
    bucket = response.backend.get_bucket(response.bucket_name)
    if method == "PUT":
        given = _PAYER.search(response.body)
        if given is None:
            raise MalformedXML
        bucket.payer = given[1].decode()
        return 200, {}, ""
    response.data["Action"] = "GetBucketRequestPayment"
    return response.serialized(ActionResult({"Payer": bucket.payer}))
