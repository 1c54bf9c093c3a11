"""Cross-origin requests."""

from __future__ import annotations

import pytest

from tests.unit.api.fakes import Fake

_PAGE = "https://www.example.com"
_OTHER = "https://www.example.org"


def _fake(origins: str) -> Fake:
    fake = Fake(origins=origins)
    fake.source.put("foo", "{}")
    return fake


@pytest.mark.parametrize("path", ["/api/foo", "/api/none", "/health", "/elsewhere", "/api"])
def test_a_listed_origin_may_read_every_answer(path: str) -> None:
    headers = _fake(f"http://localhost:3000, {_PAGE}").api.get(path, origin=_PAGE).headers
    assert headers["access-control-allow-origin"] == _PAGE
    assert "ETag" in headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin", [_OTHER, "null", "", f"{_PAGE}.evil.org", f"{_PAGE}:443", "http://www.example.com"]
)
def test_an_origin_that_is_not_listed_may_read_nothing(origin: str) -> None:
    api = _fake(_PAGE).api
    preflight = api.options("/api/foo", origin=origin, access_control_request_method="GET")
    assert preflight.status == 204
    for headers in (api.get("/api/foo", origin=origin).headers, preflight.headers):
        assert not any(name.startswith("access-control") for name in headers)
    headers = _fake("").api.get("/api/foo", origin=origin).headers
    assert not any(name.startswith("access-control") for name in headers)
    assert headers["vary"] == "Accept-Encoding"


def test_answers_vary_on_the_origin_also_without_an_origin_header() -> None:
    api = _fake(_PAGE).api
    for headers in (api.get("/api/foo").headers, api.options("/api/foo").headers):
        assert headers["vary"] == "Accept-Encoding, Origin"


def test_a_star_allows_every_origin_without_vary() -> None:
    headers = _fake("*").api.get("/api/foo", origin=_OTHER).headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["vary"] == "Accept-Encoding"


def test_a_304_has_cors_headers() -> None:
    response = _fake(_PAGE).api.get("/api/foo", origin=_PAGE, if_none_match="*")
    assert (response.status, response.headers["access-control-allow-origin"]) == (304, _PAGE)


def test_a_preflight_lists_the_allowed_methods_and_headers() -> None:
    response = _fake(_PAGE).api.options(
        "/api/foo",
        origin=_PAGE,
        access_control_request_method="GET",
        access_control_request_headers="if-none-match",
    )
    assert (response.status, response.body) == (204, "")
    assert response.headers["access-control-allow-origin"] == _PAGE
    assert "GET" in response.headers["access-control-allow-methods"]
    assert "If-None-Match" in response.headers["access-control-allow-headers"]
    assert int(response.headers["access-control-max-age"]) > 0


def test_options_without_a_preflight_has_allow_only() -> None:
    headers = _fake(_PAGE).api.options("/api/foo", origin=_PAGE).headers
    assert headers["allow"] == "GET, HEAD, OPTIONS"
    assert "access-control-allow-methods" not in headers


@pytest.mark.parametrize("origins", ["*", _PAGE])
def test_credentials_are_never_allowed(origins: str) -> None:
    api = _fake(origins).api
    preflight = api.options("/api/foo", origin=_PAGE, access_control_request_method="GET")
    for response in (api.get("/api/foo", origin=_PAGE), preflight):
        assert "access-control-allow-credentials" not in response.headers
