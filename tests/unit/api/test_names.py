"""Nothing but a validated name ever becomes an S3 key."""

from __future__ import annotations

import importlib
import io
import json
import re
import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.api.function import event

app = importlib.import_module("api.app")
log = importlib.import_module("api.log")

_REFUSED = [
    "",
    "..",
    "../foo",
    "foo/../bar",
    "foo/bar",
    "foo.json",
    ".foo",
    "-foo",
    "_foo",
    "Foo",
    "foo%2fbar",
    "%2e%2e%2f",
    "..%2f..%2fetc%2fpasswd",
    "%66oo",
    "foo%00",
    "foo\0",
    "foo\n",
    "\nfoo",
    "foo bar",
    "foo+bar",
    "foo;v=1",
    "foo?x",
    "foo\\bar",
    "f\u00f6\u00f6",
    "foo\u0660",
    "\uff46oo",
    "a" * 65,
    "a" * 100_000,
]


class Recorder:
    """Documents that remember which names they were asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def read(self, name: str) -> str:
        self.names.append(name)
        return "{}"


def _get(path: str) -> tuple[int, Any, list[str]]:
    documents = Recorder()
    api = app.Api(documents, log.RequestLog("INFO", io.StringIO()))
    answer = api.handle(event("get_document", path=path), request_id="1")
    return answer["statusCode"], json.loads(answer["body"]), documents.names


@pytest.mark.parametrize("name", _REFUSED, ids=lambda name: ascii(name[:30]))
def test_a_name_that_is_none_is_a_400_and_never_reaches_storage(name: str) -> None:
    status, body, asked = _get(f"/api/{name}")
    assert (status, body["error"]["code"], asked) == (400, "invalid_name", [])


@pytest.mark.parametrize("name", ["a", "0", "foo", "foo-bar", "foo_bar", "2026-11", "a" * 64])
def test_a_name_reaches_storage_unchanged(name: str) -> None:
    assert _get(f"/api/{name}") == (200, {}, [name])


@given(st.text())
@example("foo\n")
@example("../foo")
def test_whatever_reaches_storage_is_lower_case_ascii_without_dots_or_slashes(name: str) -> None:
    status, _, asked = _get(f"/api/{name}")
    assert (status == 200) == bool(asked)
    for key in asked:
        assert key == name
        assert set(key) <= set(string.ascii_lowercase + string.digits + "-_")
        assert 1 <= len(key) <= 64


@given(st.from_regex(re.compile(r"[a-z0-9][a-z0-9_-]{0,63}"), fullmatch=True))
def test_every_name_of_the_documented_form_is_served(name: str) -> None:
    assert _get(f"/api/{name}")[2] == [name]


@given(st.text(), st.text())
def test_no_method_and_path_make_it_raise(method: str, path: str) -> None:
    api = app.Api(Recorder(), log.RequestLog("INFO", io.StringIO()))
    answer = api.handle(event("get_document", httpMethod=method, path=path), request_id="1")
    assert answer["statusCode"] in {200, 400, 404, 405}
