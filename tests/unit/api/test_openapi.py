"""The OpenAPI document and the code agree: on paths, methods, status codes and error codes."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.api.fakes import Fake
from tests.unit.api.function import LAMBDA_SRC, Api

app = importlib.import_module("api.app")
documents = importlib.import_module("api.documents")
problem = importlib.import_module("api.problem")

_FILE = LAMBDA_SRC / "api" / "openapi.json"
_DOCUMENT: dict[str, Any] = json.loads(_FILE.read_text())
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_EXAMPLES = {path: path.replace("{name}", "foo") for path in _DOCUMENT["paths"]}

_NOT_OF_AN_OPERATION = {"invalid_request", "not_found", "method_not_allowed"}
"""Errors of requests that the document does not describe."""


def _resolved(node: Any) -> Any:
    while "$ref" in node:
        found: Any = _DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


_OPERATIONS = [
    (path, method)
    for path, item in _DOCUMENT["paths"].items()
    for method in item
    if method != "parameters"
]


def _problems(kind: type[Any] = problem.Problem) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from _problems(child)


def _fake() -> Fake:
    fake = Fake()
    fake.source.put("foo", "{}")
    return fake


def _failing(error: Exception) -> Callable[[], Fake]:
    def make() -> Fake:
        fake = _fake()
        fake.source.error = error
        return fake

    return make


def _broken() -> Fake:
    """Make every path raise, also those that need no storage."""
    fake = _fake()
    handler = fake.api.handler

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    def handle(event: Any, context: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app.Api, "_content", fail)
            patch.setattr(app.Api, "_health", fail)
            return handler(event, context)

    fake.api = Api(handle)
    return fake


_TARGETS = {
    "/health": ("/health", "/health?deep=1", "/health?deep=2"),
    "/api": ("/api", "/api?limit=0"),
    "/api/{name}": ("/api/foo", "/api/none", "/api/UPPER"),
    "/openapi.json": ("/openapi.json",),
}
_STATES: tuple[Callable[[], Fake], ...] = (
    _fake,
    _broken,
    _failing(problem.StorageError()),
    _failing(problem.StorageUnavailable()),
)
_CONDITIONS: tuple[dict[str, str], ...] = ({}, {"if_none_match": "*"}, {"if_match": '"x"'})


def test_the_document_is_served_as_it_is_in_the_repository() -> None:
    response = Fake().api.get("/openapi.json")
    assert (response.status, response.body) == (200, _FILE.read_text())
    assert _DOCUMENT["openapi"] == "3.1.0"


@pytest.mark.parametrize("path", _EXAMPLES)
@pytest.mark.parametrize("method", _METHODS)
def test_a_path_answers_exactly_the_methods_of_the_document(path: str, method: str) -> None:
    documented = method.lower() in _DOCUMENT["paths"][path]
    response = _fake().api.request(method, _EXAMPLES[path])
    assert (response.status != 405) == documented


def test_every_route_of_the_code_is_in_the_document() -> None:
    routes = {
        importlib.import_module("api.app").route(path).template for path in _EXAMPLES.values()
    }
    assert routes == set(_EXAMPLES)
    assert importlib.import_module("api.app")._ROUTES.keys() == _EXAMPLES.keys() - {"/api/{name}"}


@pytest.mark.parametrize(("path", "method"), _OPERATIONS)
def test_the_statuses_of_an_operation_are_those_that_it_can_answer(path: str, method: str) -> None:
    documented = {int(status) for status in _DOCUMENT["paths"][path][method]["responses"]}
    answered = {
        make().api.request(method.upper(), target, **headers).status
        for make, target, headers in itertools.product(_STATES, _TARGETS[path], _CONDITIONS)
    }
    assert answered == documented


def test_every_error_code_is_in_the_document_with_its_status_and_no_other_is() -> None:
    documented = {
        (int(status), code)
        for path, method in _OPERATIONS
        for status, response in _DOCUMENT["paths"][path][method]["responses"].items()
        for code in _codes(_resolved(response))
    }
    defined = {(kind.status, kind.code) for kind in _problems()}
    assert documented == {each for each in defined if each[1] not in _NOT_OF_AN_OPERATION}


def _codes(response: dict[str, Any]) -> list[str]:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    if "allOf" not in schema:
        return []
    codes: list[str] = schema["allOf"][1]["properties"]["error"]["properties"]["code"]["enum"]
    return codes


@pytest.mark.parametrize("path", _EXAMPLES)
def test_the_headers_of_a_success_are_in_the_document(path: str) -> None:
    unremarkable = {
        "content-length",
        "content-security-policy",
        "content-type",
        "referrer-policy",
        "vary",
        "x-content-type-options",
    }
    documented = _resolved(_DOCUMENT["paths"][path]["get"]["responses"]["200"])["headers"]
    known = {name.lower() for name in documented} | unremarkable
    fake = _fake()
    for error in (None, None, problem.StorageUnavailable()):
        fake.source.error = error
        assert fake.api.get(_EXAMPLES[path]).headers.keys() <= known
        fake.now.seconds += 4
    assert {"age", "etag"} <= known or path in ("/health", "/openapi.json")


def test_names_and_limits_are_those_of_the_code() -> None:
    name = _DOCUMENT["components"]["schemas"]["Name"]["pattern"]
    assert name == f"^{documents.NAME.pattern}$"
    limit = _DOCUMENT["components"]["parameters"]["Limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (documents.DEFAULT_LIMIT, documents.MAX_LIMIT)
