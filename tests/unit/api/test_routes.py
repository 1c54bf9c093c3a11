from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.api.function import Api, event


def test_the_health_check_of_a_target_group_is_answered(api: Api) -> None:
    assert api.send(event("health_check")).status == 200


@pytest.mark.parametrize("name", ["foo", "bar"])
def test_a_document_is_served_as_it_is_in_the_bucket(api: Api, name: str) -> None:
    response = api.get(f"/api/{name}")
    assert response.status == 200
    assert response.body == f'{{"greeting": "I am the {name.title()}"}}\n'


@pytest.mark.parametrize(
    "path", ["/", "/health/", "/healthz", "/HEALTH", "/favicon.ico", "/api.json", "/openapi", ""]
)
def test_a_path_without_a_route_is_a_404(api: Api, path: str) -> None:
    assert api.get(path).problem == (404, "not_found")


_ROUTES = ["/health", "/api", "/api/foo", "/openapi.json"]
_PATHS = [*_ROUTES, "/api/none", "/api/UPPER", "/elsewhere", "/api?limit=0"]


@pytest.mark.parametrize("path", [*_ROUTES, "/api/none", "/api/UPPER"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "get", "BREW"])
def test_another_method_is_a_405_with_allow(api: Api, method: str, path: str) -> None:
    response = api.request(method, path)
    assert response.problem == (405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", _ROUTES)
def test_options_lists_the_methods_without_a_body(api: Api, path: str) -> None:
    response = api.options(path)
    assert (response.status, response.body) == (204, "")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert not {"content-type", "content-length"} & response.headers.keys()


def test_options_of_an_invalid_path_is_the_error_of_get(api: Api) -> None:
    assert api.options("/elsewhere").problem == (404, "not_found")
    assert api.options("/api/UPPER").problem == (400, "invalid_name")


@pytest.mark.parametrize("path", _PATHS)
def test_head_answers_with_the_headers_of_get_and_no_body(api: Api, path: str) -> None:
    api.get(path)
    get, head = api.get(path), api.head(path)
    assert (head.status, head.headers) == (get.status, get.headers)
    assert head.body == ""
    assert head.headers["content-length"] == str(len(get.body.encode()))


@pytest.mark.parametrize("path", _PATHS)
def test_every_answer_has_security_headers(api: Api, path: str) -> None:
    headers = api.get(path).headers
    assert headers["content-type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/health", "/api/none", "/api/UPPER", "/elsewhere", "/api?x=1"])
def test_health_and_errors_are_not_cacheable(api: Api, path: str) -> None:
    assert api.get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/api", "/api/foo", "/openapi.json"])
def test_max_age_is_the_configured_time(api: Api, path: str) -> None:
    assert api.get(path).headers["cache-control"] == "max-age=5"


def test_an_answer_has_the_form_of_the_load_balancer(api: Api) -> None:
    raw = api.send(event("get_document")).raw
    assert set(raw) == {"statusCode", "statusDescription", "isBase64Encoded", "headers", "body"}
    assert raw["statusDescription"] == "200 OK"
    assert raw["isBase64Encoded"] is False
    assert all(isinstance(value, str) for value in raw["headers"].values())


def test_a_multi_value_event_is_answered_in_multi_value_form(api: Api) -> None:
    api.send(event("get_document"))
    single = api.send(event("get_document")).raw
    multi = api.send(event("get_document_multi_value")).raw
    assert "headers" not in multi
    assert multi["multiValueHeaders"] == {k: [v] for k, v in single["headers"].items()}
    assert multi["body"] == single["body"]


def test_an_error_in_multi_value_form_keeps_its_headers(api: Api) -> None:
    raw = api.send(event("get_document_multi_value", httpMethod="POST")).raw
    assert raw["multiValueHeaders"]["allow"] == ["GET, HEAD, OPTIONS"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        None,
        [],
        "text",
        {"httpMethod": "GET"},
        {"httpMethod": "GET", "path": "/health"},
        {"httpMethod": "GET", "path": "/health", "headers": None},
        {"httpMethod": None, "path": "/health", "headers": {}},
        {"httpMethod": "GET", "path": 7, "headers": {}},
        {"httpMethod": "GET", "path": "/health", "headers": {"accept": 1}},
        {"httpMethod": "GET", "path": "/health", "headers": {}, "queryStringParameters": {"a": 1}},
        {"rawPath": "/health", "requestContext": {"http": {"method": "GET"}}, "headers": {}},
    ],
)
def test_an_event_of_another_source_is_a_400(api: Api, sent: Any) -> None:
    assert api.send(sent).problem == (400, "invalid_request")


def test_an_empty_list_of_trace_ids_is_ignored(api: Api) -> None:
    sent = event("get_document_multi_value", multiValueHeaders={"x-amzn-trace-id": []})
    assert api.send(sent).raw["statusCode"] == 200


def test_a_repeated_header_is_one_list(api: Api) -> None:
    etag = api.get("/api/foo").headers["etag"]
    sent = event("get_document_multi_value", multiValueHeaders={"if-none-match": ['"a"', etag]})
    assert api.send(sent).status == 304


def test_the_last_of_a_repeated_parameter_counts(api: Api) -> None:
    query = {"deep": ["2", "0"]}
    sent = event("get_document_multi_value", path="/health", multiValueQueryStringParameters=query)
    assert api.send(sent).raw["statusCode"] == 200


def test_an_answer_is_json_that_the_lambda_runtime_can_write(api: Api) -> None:
    assert json.loads(json.dumps(api.get("/api/foo").raw))["statusCode"] == 200
