"""Compression and content negotiation."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
import random
import string

import pytest

from tests.unit.api.fakes import Fake

content = importlib.import_module("api.content")
message = importlib.import_module("api.message")

_LONG = json.dumps({"text": "the same again and " * 200})


def _fake(text: str = _LONG) -> Fake:
    fake = Fake()
    fake.source.put("foo", text)
    return fake


def test_a_client_that_accepts_gzip_gets_a_long_document_compressed() -> None:
    api = _fake().api
    response = api.get("/api/foo", accept_encoding="gzip")
    assert response.raw["isBase64Encoded"] is True
    packed = base64.b64decode(response.body, validate=True)
    assert gzip.decompress(packed).decode() == _LONG
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-length"] == str(len(packed))
    assert len(packed) < len(_LONG) / 10


@pytest.mark.parametrize("text", ["{}", json.dumps("a" * 900)])
def test_a_short_document_is_never_compressed(text: str) -> None:
    response = _fake(text).api.get("/api/foo", accept_encoding="gzip")
    assert (response.body, response.raw["isBase64Encoded"]) == (text, False)
    assert "content-encoding" not in response.headers


def test_a_document_that_is_too_large_in_base64_is_not_compressed() -> None:
    # Hardly compressed, and base64 takes a third more.
    noise = random.Random(1).choices(string.ascii_letters + string.digits + "-_", k=993_000)  # noqa: S311
    text = f'"{"".join(noise)}"'
    response = _fake(text).api.get("/api/foo", accept_encoding="gzip")
    assert "content-encoding" not in response.headers
    assert response.body == text


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("*", True),
        ("br, gzip", True),
        ("br,gzip;q=0.1", True),
        ("gzip ; q=1.000", True),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("identity;q=0, *", True),
        ("deflate, , gzip", True),
        ("", False),
        ("br", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=2", False),
        ("gzip;q=x", False),
        ("gzip;q=0.0001", False),
        ("gzip gzip", False),
        ("gzip;level=9", False),
    ],
)
def test_the_weights_of_accept_encoding_choose_the_coding(field: str, expected: bool) -> None:
    response = _fake().api.get("/api/foo", accept_encoding=field)
    assert ("content-encoding" in response.headers) is expected


def test_without_accept_encoding_nothing_is_compressed() -> None:
    assert "content-encoding" not in _fake().api.get("/api/foo").headers


def test_every_answer_has_a_vary_header() -> None:
    api = _fake().api
    for field in ("gzip", "identity"):
        assert api.get("/api/foo", accept_encoding=field).headers["vary"] == "Accept-Encoding"


def test_the_compressed_form_has_the_same_tag_as_a_weak_tag() -> None:
    api = _fake().api
    plain, packed = (
        api.get("/api/foo", accept_encoding=field).headers["etag"] for field in ("br", "gzip")
    )
    assert (plain, packed) == ('"foo-1"', 'W/"foo-1"')
    for tag in (plain, packed):
        response = api.get("/api/foo", accept_encoding="gzip", if_none_match=tag)
        assert (response.status, response.headers["etag"]) == (304, packed)
        assert "content-encoding" not in response.headers
        assert api.get("/api/foo", accept_encoding="gzip", if_match=tag).status == 412


def test_head_of_a_compressed_document_has_the_headers_of_get() -> None:
    api = _fake().api
    api.get("/api/foo")
    get, head = (
        api.request(method, "/api/foo", accept_encoding="gzip") for method in ("GET", "HEAD")
    )
    assert head.headers == get.headers
    assert (head.body, head.raw["isBase64Encoded"]) == ("", False)


def test_the_list_and_the_description_are_compressed_too() -> None:
    fake = _fake("{}")
    for number in range(100):
        fake.source.put(f"document-{number}", "{}")
    for path in ("/api", "/openapi.json"):
        headers = fake.api.get(path, accept_encoding="gzip").headers
        assert headers["content-encoding"] == "gzip"


def test_no_answer_is_larger_than_a_load_balancer_takes() -> None:
    text = json.dumps("ab" * 490_000)
    for field in ("gzip", "br"):
        raw = _fake(text).api.get("/api/foo", accept_encoding=field).raw
        assert raw["statusCode"] == 200
        assert len(json.dumps(raw)) < 1_000_000
    larger = _fake(json.dumps("ab" * 510_000)).api.get("/api/foo", accept_encoding="gzip")
    assert larger.problem == (502, "document_too_large")
