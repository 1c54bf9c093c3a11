"""Conditional requests (RFC 9110, section 13)."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.api.fakes import WRITTEN, Fake

condition = importlib.import_module("api.condition")

_ETAG = '"foo-1"'
_DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
_BEFORE = "Tue, 14 Nov 2023 22:13:19 GMT"
_AFTER = "Tue, 14 Nov 2023 22:13:21 GMT"


def _status(**headers: str) -> int:
    fake = Fake()
    fake.source.put("foo", "{}")
    return fake.api.get("/api/foo", **headers).status


@pytest.mark.parametrize(
    ("field", "status"),
    [
        (_ETAG, 304),
        (f"W/{_ETAG}", 304),
        (f'"a", {_ETAG}', 304),
        (f'"a",{_ETAG},"b"', 304),
        (f', ,\t{_ETAG} ,, "b"', 304),
        ('"a,b", W/"foo-1"', 304),
        ("*", 304),
        (" * ", 304),
        ("", 200),
        ('"a"', 200),
        ("foo-1", 200),
        ('w/"foo-1"', 200),
        ('"FOO-1"', 200),
        (f'{_ETAG} "b"', 200),
        (f"{_ETAG}; x", 200),
        (f"*, {_ETAG}", 200),
        (f'"a b", {_ETAG}', 200),
        ('"foo-1', 200),
    ],
)
def test_if_none_match_compares_weakly_with_each_tag_of_a_list(field: str, status: int) -> None:
    assert _status(if_none_match=field) == status


@pytest.mark.parametrize(
    ("field", "status"),
    [
        (_ETAG, 200),
        (f'"a", {_ETAG}', 200),
        ("*", 200),
        (f"W/{_ETAG}", 412),
        ('"a"', 412),
        ("", 412),
        ("foo-1", 412),
    ],
)
def test_if_match_compares_strongly(field: str, status: int) -> None:
    assert _status(if_match=field) == status


@pytest.mark.parametrize(
    ("date", "status"),
    [
        (_DATE, 304),
        (_AFTER, 304),
        (_BEFORE, 200),
        ("Tuesday, 14-Nov-23 22:13:20 GMT", 304),
        ("Tue Nov 14 22:13:20 2023", 304),
        ("Wed Nov  1 22:13:20 2023", 200),
        ("Sun, 31 Dec 2023 23:59:60 GMT", 304),
        ("Friday, 14-Nov-97 22:13:20 GMT", 200),
        ("2023-11-14T22:13:20Z", 200),
        ("Tue, 14 Nov 2023 22:13:20 UTC", 200),
        ("Tue, 14 Nov 2023 22:13:20 +0000", 200),
        ("tue, 14 nov 2023 22:13:20 gmt", 200),
        ("Tue, 31 Feb 2024 22:13:20 GMT", 200),
        ("Tue, 14 Nov 2023 24:13:20 GMT", 200),
        ("Tue, 14 Nov 2023 22:13:61 GMT", 200),
        ("Tue, 4 Nov 2025 22:13:20 GMT", 200),
        ("Tue, 14 Nov 0000 22:13:20 GMT", 200),
        (f"{_DATE}, {_DATE}", 200),
        (f" {_DATE}", 200),
        ("Tue, 14 Nov \u0662\u0660\u0662\u0663 22:13:20 GMT", 200),
        ("1700000000", 200),
        ("", 200),
    ],
)
def test_if_modified_since_takes_the_three_forms_of_a_date_and_no_other(
    date: str, status: int
) -> None:
    assert _status(if_modified_since=date) == status


@pytest.mark.parametrize(("date", "status"), [(_DATE, 200), (_BEFORE, 412), ("soon", 200)])
def test_if_unmodified_since_refuses_a_newer_document(date: str, status: int) -> None:
    assert _status(if_unmodified_since=date) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": '"a"', "if_modified_since": _DATE}, 200),
        ({"if_none_match": _ETAG, "if_modified_since": _BEFORE}, 304),
        ({"if_none_match": "malformed", "if_modified_since": _DATE}, 200),
        ({"if_match": _ETAG, "if_unmodified_since": _BEFORE}, 200),
        ({"if_match": '"a"', "if_none_match": _ETAG}, 412),
        ({"if_match": _ETAG, "if_none_match": _ETAG}, 304),
        ({"if_unmodified_since": _BEFORE, "if_none_match": _ETAG}, 412),
        ({"if_unmodified_since": _DATE, "if_modified_since": _DATE}, 304),
    ],
)
def test_conditions_have_the_precedence_of_the_standard(
    headers: dict[str, str], status: int
) -> None:
    assert _status(**headers) == status


def test_a_304_has_the_headers_of_a_cached_copy_and_no_body() -> None:
    fake = Fake()
    fake.source.put("foo", "{}")
    full = fake.api.get("/api/foo")
    fake.now.seconds = 2
    for method in ("GET", "HEAD"):
        response = fake.api.request(method, "/api/foo", if_none_match=_ETAG)
        assert (response.status, response.body) == (304, "")
        assert {name: response.headers[name] for name in ("etag", "cache-control", "vary")} == {
            name: full.headers[name] for name in ("etag", "cache-control", "vary")
        }
        assert response.headers["age"] == "2"
        assert not {"content-length", "content-type", "last-modified"} & response.headers.keys()


def test_a_condition_does_not_hide_an_error() -> None:
    fake = Fake()
    assert fake.api.get("/api/none", if_none_match="*").status == 404
    assert fake.api.get("/api/none", if_match="*").status == 404
    assert fake.api.get("/health", if_none_match="*").status == 200


def test_last_modified_works_as_if_modified_since() -> None:
    fake = Fake()
    fake.source.put("foo", "{}")
    assert fake.api.get("/api/foo").headers["last-modified"] == _DATE


@pytest.mark.parametrize("path", ["/api", "/openapi.json"])
def test_conditions_on_dates_are_ignored_without_a_date(path: str) -> None:
    fake = Fake()
    assert fake.api.get(path, if_modified_since=_AFTER).status == 200
    assert fake.api.get(path, if_unmodified_since="Thu, 01 Jan 1970 00:00:00 GMT").status == 200
    etag = fake.api.get(path).headers["etag"]
    assert fake.api.get(path, if_none_match=etag).status == 304


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)))
def test_every_date_that_is_written_can_be_read(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert condition.parse_date(format_datetime(moment, usegmt=True)) == moment.timestamp()


@given(st.text())
def test_no_text_makes_the_parsing_of_dates_or_tags_raise(text: str) -> None:
    assert condition.parse_date(text) is None
    condition.not_modified({"if-none-match": text}, _ETAG, WRITTEN)


def test_the_parsing_of_tags_takes_linear_time() -> None:
    assert _status(if_none_match='"a",' * 4_000 + _ETAG) == 304
    assert _status(if_none_match=" ," * 8_000 + "x") == 200
