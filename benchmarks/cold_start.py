"""How long a new worker takes to its first answer, with AWS's own runtime client.

Runtime API: Lambda developer guide, "Using the Lambda runtime API".
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 30.0


@dataclass(slots=True)
class _Exchange:
    """The one invocation that the worker gets, and what it answers."""

    event: bytes
    answered_at: float = 0.0
    answer: Any = None
    done: threading.Event = field(default_factory=threading.Event)


class _RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True
    exchange: _Exchange
    given = False

    def handle_error(self, *_: Any) -> None:
        """The worker is killed while it waits for a second invocation: no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.server.given:
            self.server.exchange.done.wait()
            return
        self.server.given = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8f5e5c1e")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x:1:function:api")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 10) * 1000)))
        self.send_header("Content-Length", str(len(self.server.exchange.event)))
        self.end_headers()
        self.wfile.write(self.server.exchange.event)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        exchange = self.server.exchange
        exchange.answered_at = time.perf_counter()
        exchange.answer = json.loads(content)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        exchange.done.set()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def seconds(package: Path, event: Mapping[str, Any], environ: Mapping[str, str]) -> float:
    """From the start of the worker to its answer of a 200; the zip is unpacked before that.

    Nothing is compiled beforehand: on AWS too the code is in a folder that cannot be written to.
    """
    with _runtime_api(event) as (api, exchange), tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        own = {
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": "api",
            "LAMBDA_TASK_ROOT": folder,
            "PATH": os.defpath,
            "PYTHONPATH": folder,
            "PYTHONDONTWRITEBYTECODE": "1",
            "_HANDLER": "lambda.lambda_handler",
        }
        started = time.perf_counter()
        worker = subprocess.Popen(
            [sys.executable, "-s", "-m", "awslambdaric", "lambda.lambda_handler"],
            cwd=folder,
            env={**environ, **own},
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        try:
            if not exchange.done.wait(TIMEOUT_SECONDS) or exchange.answer["statusCode"] != 200:
                raise RuntimeError(f"no document from {package}: {exchange.answer}")
        finally:
            worker.kill()
            worker.wait()
        return exchange.answered_at - started


@contextmanager
def _runtime_api(event: Mapping[str, Any]) -> Iterator[tuple[str, _Exchange]]:
    server = _RuntimeApi(("127.0.0.1", 0), _Handler)
    server.exchange = _Exchange(json.dumps(event).encode())
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", server.exchange
    finally:
        server.exchange.done.set()
        server.shutdown()
        server.server_close()
        thread.join()
