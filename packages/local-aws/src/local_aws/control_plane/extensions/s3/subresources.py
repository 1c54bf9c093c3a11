"""Subresources of S3 that moto does not know.

moto takes a request for one of them for a request on the bucket or the object itself: to put one
is to create the bucket, to read one is to list it, and to delete one is to delete the bucket.
Who pays for requests is answered; the others are not implemented, and say so.

Source: S3 API reference, Actions; GetBucketRequestPayment and PutBucketRequestPayment.
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.exceptions import MalformedXML
from moto.s3.responses import S3Response

from local_aws.control_plane.extensions.patching import around

_OF_BUCKETS = frozenset(
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
_OF_OBJECTS = frozenset({"annotation", "encryption", "renameObject", "torrent"})
_PAYMENT = "requestPayment"
_PAYER = re.compile(rb"<Payer>(BucketOwner|Requester)</Payer>")


def install() -> None:
    @around(S3Response, "_bucket_response")
    def bucket(original: Any, response: Any, request: Any, full_url: str) -> Any:
        query = response._get_querystring(request, full_url)
        if _PAYMENT in query:
            return _payment(response, request.method)
        missing = _OF_BUCKETS & query.keys()
        if missing or (request.method == "DELETE" and "inventory" in query):
            raise NotImplementedError(", ".join(missing))
        return original(response, request, full_url)

    @around(S3Response, "_key_response")
    def key(original: Any, response: Any, request: Any, full_url: str) -> Any:
        query = response._get_querystring(request, full_url)
        missing = _OF_OBJECTS & query.keys()
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
