"""Validation of document names: only a valid name becomes an S3 key."""

from __future__ import annotations

import re
import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.api.fakes import Fake
from tests.unit.api.function import event

_REFUSED = [
    "",
    "../foo",
    "foo.json",
    "-foo",
    "Foo",
    "%66oo",
    "foo%00",
    "foo\n",
    "\nfoo",
    "foo;v=1",
    "f\u00f6\u00f6",
    "foo\u0660",
    "\uff46oo",
    "a" * 65,
    "a" * 100_000,
]


def _get(name: str) -> tuple[tuple[int, str], list[str]]:
    fake = Fake()
    response = fake.api.send(event("get_document", path=f"/api/{name}"))
    return response.problem, fake.source.asked


@pytest.mark.parametrize("name", _REFUSED, ids=lambda name: ascii(name[:30]))
def test_an_invalid_name_is_a_400_and_never_reaches_storage(name: str) -> None:
    assert _get(name) == ((400, "invalid_name"), [])


@given(st.text())
@example("foo\n")
@example("../foo")
def test_a_name_that_reaches_storage_is_lower_case_ascii_without_dots_or_slashes(name: str) -> None:
    (status, _), asked = _get(name)
    assert (status == 404) == bool(asked)
    for key in asked:
        assert key == name
        assert set(key) <= set(string.ascii_lowercase + string.digits + "-_")
        assert 1 <= len(key) <= 64


@given(st.from_regex(re.compile(r"[a-z0-9][a-z0-9_-]{0,63}"), fullmatch=True))
@example("0")
@example("a" * 64)
def test_every_name_of_the_documented_form_is_requested_from_storage(name: str) -> None:
    assert _get(name)[1] == [name]


_ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=5,
)


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_no_method_path_or_query_makes_the_handler_raise(
    method: str, path: str, query: dict[str, str]
) -> None:
    sent = event("get_document", httpMethod=method, path=path, queryStringParameters=query)
    assert Fake().api.send(sent).status in {200, 204, 400, 404, 405}


@given(
    st.sampled_from(["/api", "/api/foo", "/health", "/openapi.json"]),
    st.dictionaries(
        st.sampled_from(
            ["accept-encoding", "if-match", "if-none-match", "if-modified-since", "origin"]
        ),
        st.text() | st.sampled_from(["*", '"a"', 'W/"a", "b"', "gzip;q=0.5", "gzip;q=x"]),
    ),
)
def test_no_header_makes_the_handler_raise(path: str, headers: dict[str, str]) -> None:
    fake = Fake()
    fake.source.put("foo", "{}")
    response = fake.api.send(event("get_document", path=path, headers=headers))
    assert response.status in {200, 304, 412}


_KEYS = ("headers", "httpMethod", "path", "multiValueHeaders", "queryStringParameters")


@given(st.dictionaries(st.sampled_from(_KEYS), _ODD))
def test_no_event_makes_the_handler_raise(changes: dict[str, Any]) -> None:
    assert Fake().api.send(event("get_document", **changes)).status in {200, 204, 400, 404, 405}
