"""The Lambda function, called with events of the load balancer."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parent / "events"
LAMBDA_SRC = Path(__file__).parents[3] / "lambda_src"
BUCKET = "terrarium-documents-dev"

# As on Lambda, where the folder of the handler file is on the path.
sys.path.insert(0, str(LAMBDA_SRC))


def event(name: str, **changes: Any) -> dict[str, Any]:
    """Return a recorded event with some keys changed."""
    recorded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return {**recorded, **changes}


@dataclass(frozen=True, slots=True)
class Response:
    raw: dict[str, Any]

    @property
    def status(self) -> int:
        status: int = self.raw["statusCode"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        headers: dict[str, str] = self.raw["headers"]
        return headers

    @property
    def body(self) -> str:
        body: str = self.raw["body"]
        return body

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and error code. Fails if the body does not have the shape of an error."""
        error = self.json()["error"]
        assert list(self.json()) == ["error"]
        assert sorted(error) == ["code", "message"]
        assert error["message"]
        return self.status, error["code"]


@dataclass(frozen=True, slots=True)
class Context:
    aws_request_id: str = "8f5e5c1e-6a3c-4b8e-9f0a-2d1c7b6a5e4d"


@dataclass(frozen=True, slots=True)
class Api:
    handler: Callable[[Any, Any], dict[str, Any]]

    def send(self, sent: Any) -> Response:
        return Response(self.handler(sent, Context()))

    def request(self, method: str, target: str, **headers: str) -> Response:
        """``target`` is a path with its query; ``if_none_match="..."`` is a header."""
        path, _, query = target.partition("?")
        pairs = (part.partition("=") for part in query.split("&") if part)
        sent = event(
            "get_document",
            httpMethod=method,
            path=path,
            queryStringParameters={name: value for name, _, value in pairs},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        return self.send(sent)

    def get(self, target: str, **headers: str) -> Response:
        return self.request("GET", target, **headers)

    def head(self, target: str, **headers: str) -> Response:
        return self.request("HEAD", target, **headers)

    def options(self, target: str, **headers: str) -> Response:
        return self.request("OPTIONS", target, **headers)


def load() -> Api:
    """Load ``lambda.py`` with the current environment, like a new execution environment."""
    spec = importlib.util.spec_from_file_location("terrarium_lambda", LAMBDA_SRC / "lambda.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Api(module.lambda_handler)
