"""The zip of a deployed function, behind the URL in ``Code.Location`` of GetFunction.

moto answers with a URL on AWS. Our URL has the hash of the zip, so a download after an update gets
the code that GetFunction described, or a 404.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from moto.backends import get_backend

from local_aws.control_plane.http import Request, Response

PREFIX = "/_local-aws/code/"

_GET_FUNCTION = re.compile(r"/2015-03-31/functions/[^/]+/?")
_CODE = re.compile(
    PREFIX + r"(?P<account>\d{12})/(?P<region>[a-z0-9-]+)/(?P<name>[\w-]+)/(?P<sha256>[0-9a-f]{64})"
)


def is_get_function(request: Request) -> bool:
    return request.method == "GET" and _GET_FUNCTION.fullmatch(request.raw_path) is not None


def with_local_location(response: Response, base_url: str) -> Response:
    """Replace ``Code.Location`` in an answer to GetFunction by a URL of this server.

    Return any other answer, like that for a container image, unchanged.
    """
    if response.status != 200:
        return response
    try:
        document = json.loads(response.body)
        path = _path_of(document["Configuration"])
        if "Location" not in document["Code"]:
            return response
    except (ValueError, KeyError, TypeError):
        return response
    document["Code"]["Location"] = base_url + path
    return Response(response.status, response.headers, json.dumps(document).encode())


def _path_of(configuration: dict[str, Any]) -> str:
    # arn:aws:lambda:<region>:<account>:function:<name>[:<version>]
    _, _, _, region, account, _, name, *_ = configuration["FunctionArn"].split(":")
    digest = base64.b64decode(configuration["CodeSha256"], validate=True).hex()
    if len(digest) != 64:
        raise ValueError("CodeSha256 is not a SHA-256")
    return f"{PREFIX}{account}/{region}/{name}/{digest}"


def code_at(path: str) -> bytes | None:
    """Return the zip at a path, or None. Creates no account and no Region in moto."""
    match = _CODE.fullmatch(path)
    if match is None:
        return None
    accounts = get_backend("lambda")
    account = dict.get(accounts, match["account"])
    backend = None if account is None else dict.get(account, match["region"])
    if backend is None:
        return None
    digest = base64.b64encode(binascii.unhexlify(match["sha256"])).decode()
    functions = backend._lambdas._functions.get(match["name"], {"latest": None, "versions": []})
    for function in (functions["latest"], *functions["versions"]):
        if function is not None and function.code_sha_256 == digest:
            code: bytes = function.code_bytes
            return code
    return None
