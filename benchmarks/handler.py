"""The handler of the API alone, in this process; benchmarks.api sets the environment of a worker.

Prints JSON: the median time of a request for a cached document in microseconds, and the numbers of
requests and of reads of S3 under a steady load on ten documents. The log goes to a pipe, as in a
worker.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import redirect_stdout
from typing import Any, NamedTuple

from benchmarks.services import NAMES
from terrarium import console, settings

CALLS = 20_000
STEADY_SECONDS = 12.0
PAUSE_SECONDS = 0.01

_EVENT = {
    "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:x"}},
    "httpMethod": "GET",
    "path": f"/api/{NAMES[0]}",
    "queryStringParameters": {},
    "headers": {
        "accept": "*/*",
        "accept-encoding": "gzip, deflate, br",
        "host": "terrarium-dev-1254632718.eu-west-1.elb.amazonaws.com",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "x-amzn-trace-id": "Root=1-68c2f1aa-6b1c3f9a0d5e4b7c2a8f0e11",
        "x-forwarded-for": "198.51.100.7",
        "x-forwarded-port": "80",
        "x-forwarded-proto": "http",
    },
    "body": "",
    "isBase64Encoded": False,
}


class Context(NamedTuple):
    aws_request_id: str = "8f5e5c1e-6a3c-4b8e-9f0a-2d1c7b6a5e4d"


def median_microseconds(handler: Any) -> float:
    durations = []
    for _ in range(CALLS):
        started = time.perf_counter()
        handler(_EVENT, Context())
        durations.append(time.perf_counter() - started)
    return statistics.median(durations) * 1e6


def steady_requests(handler: Any) -> int:
    """Request each document in turn for STEADY_SECONDS; return the number of requests."""
    ends = time.monotonic() + STEADY_SECONDS
    requests = 0
    while time.monotonic() < ends:
        name = NAMES[requests % len(NAMES)]
        answer = handler({**_EVENT, "path": f"/api/{name}"}, Context())
        if answer["statusCode"] != 200:
            raise RuntimeError(f"{name}: {answer}")
        requests += 1
        time.sleep(PAUSE_SECONDS)
    return requests


def main() -> int:
    sys.path.insert(0, str(settings.LAMBDA_SRC))
    read_all = "import sys\nwhile sys.stdin.buffer.read1(65536): pass"
    read_end, write_end = os.pipe()
    reader = subprocess.Popen([sys.executable, "-c", read_all], stdin=read_end)
    os.close(read_end)
    with os.fdopen(write_end, "w") as log, redirect_stdout(log):
        module = importlib.import_module("lambda")
        first = module.lambda_handler(_EVENT, Context())
        if first["statusCode"] != 200:
            raise RuntimeError(f"no document: {first}")
        median = median_microseconds(module.lambda_handler)
        before = module._api._documents.reads
        requests = steady_requests(module.lambda_handler)
        reads = module._api._documents.reads - before
    reader.wait()
    console.data(json.dumps({"median_us": median, "requests": requests, "reads": reads}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
