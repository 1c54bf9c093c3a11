"""``/api``, the list of documents, and ``/health?deep=1``, which reads it."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.api.fakes import Fake

problem = importlib.import_module("api.problem")


def _fake(*names: str) -> Fake:
    fake = Fake()
    for name in names:
        fake.source.put(name, "{}")
    return fake


def test_an_entry_of_the_list_describes_the_document() -> None:
    page = _fake("foo").api.get("/api").json()
    assert page == {
        "documents": [
            {
                "name": "foo",
                "path": "/api/foo",
                "bytes": 2,
                "last_modified": "2023-11-14T22:13:20Z",
            }
        ],
        "next": None,
    }


def test_without_documents_the_list_is_empty() -> None:
    assert _fake().api.get("/api").json() == {"documents": [], "next": None}


@given(
    st.sets(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,5}", fullmatch=True), max_size=20),
    st.integers(1, 7),
)
def test_the_pages_contain_every_document_once_in_order(names: set[str], limit: int) -> None:
    api = _fake(*names).api
    listed: list[str] = []
    path = f"/api?limit={limit}"
    while path:
        page = api.get(path).json()
        assert 0 < len(page["documents"]) <= limit or not names
        listed += [each["name"] for each in page["documents"]]
        path = page["next"]
    assert listed == sorted(names, key=lambda name: f"{name}.json")


def test_a_document_that_is_removed_does_not_break_the_next_page() -> None:
    fake = _fake("a", "b", "c")
    path = fake.api.get("/api?limit=2").json()["next"]
    del fake.source.texts["b"]
    assert [each["name"] for each in fake.api.get(path).json()["documents"]] == ["c"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=10000",
        "limit=1e1",
        "limit=+1",
        "limit=%31",
        "limit=\u0661",
        "limit=\u00b2",
        "limit=",
        "after=",
        "after=!",
        "after=foo",
        "after=666f6",
        "after=66 6f",
        "after=666F6F",
        "after=2e2e2f",
        "after=ff",
        "after=\u00e9",
        "after=" + "61" * 65,
        "page=2",
        "Limit=1",
    ],
)
def test_an_invalid_query_is_a_400_and_never_reaches_storage(query: str) -> None:
    fake = _fake("foo")
    assert fake.api.get(f"/api?{query}").problem == (400, "invalid_query")
    assert fake.source.reads == 0


def test_the_list_is_cached_like_a_document() -> None:
    fake = _fake("a", "b", "c")
    for _ in range(3):
        fake.api.get("/api")
    assert fake.source.reads == 1
    fake.source.put("d", "{}")
    fake.now.seconds = 6
    assert len(fake.api.get("/api").json()["documents"]) == 4
    fake.source.error = problem.StorageUnavailable()
    fake.now.seconds = 200
    response = fake.api.get("/api")
    assert (response.status, response.headers["age"]) == (200, "194")


def test_pages_are_cached_separately() -> None:
    api = _fake("a", "b", "c").api
    pages = [api.get(f"/api?limit={limit}").json() for limit in (1, 2, 3, 1, 2, 3)]
    assert [len(page["documents"]) for page in pages] == [1, 2, 3, 1, 2, 3]


def test_pages_do_not_evict_a_document() -> None:
    fake = _fake(*(f"document-{number}" for number in range(300)))
    fake.api.get("/api/document-0")
    for limit in range(1, 300):
        fake.api.get(f"/api?limit={limit}")
    fake.source.asked.clear()
    fake.api.get("/api/document-0")
    assert fake.source.asked == []


def test_a_failure_of_the_list_is_the_same_problem_as_for_a_document() -> None:
    fake = _fake("a")
    fake.source.error = problem.StorageUnavailable()
    assert fake.api.get("/api").problem == (503, "storage_unavailable")
    fake.source.error = problem.StorageError()
    assert fake.api.get("/api").problem == (502, "storage_error")


@pytest.mark.parametrize("query", ["", "?deep=0", "?anything=1"])
def test_health_does_not_ask_s3(query: str) -> None:
    fake = _fake("a")
    assert fake.api.get(f"/health{query}").json() == {"status": "ok"}
    assert fake.source.reads == 0


def test_deep_health_lists_and_reads_each_time_with_the_short_deadline() -> None:
    fake = _fake("a")
    for _ in range(2):
        assert fake.api.get("/health?deep=1").json() == {"status": "ok"}
    assert fake.source.reads == 4
    assert fake.source.shorts == [True] * 4


def test_deep_health_of_an_empty_bucket_is_ok() -> None:
    assert _fake().api.get("/health?deep=1").status == 200


@pytest.mark.parametrize("error", [problem.StorageError, problem.StorageUnavailable])
def test_deep_health_names_the_failed_step(error: type[Exception]) -> None:
    fake = _fake("a")
    fake.source.error = error("secret")
    response = fake.api.get("/health?deep=1")
    assert response.problem == (503, "unhealthy")
    assert "listing the documents failed: storage_" in response.json()["error"]["message"]
    assert "secret" not in response.body
    assert int(response.headers["retry-after"]) > 0
    assert fake.lines[-1]["cause"] == "secret"


def test_deep_health_distinguishes_a_bad_document_from_a_bad_list() -> None:
    fake = _fake("a")
    fake.source.texts["a"] = '"' + "a" * 1_000_000 + '"'
    message = fake.api.get("/health?deep=1").json()["error"]["message"]
    assert message == "reading a document failed: document_too_large."


@pytest.mark.parametrize("value", ["", "2", "yes", "true", "01"])
def test_health_of_another_depth_is_a_400(value: str) -> None:
    assert _fake().api.get(f"/health?deep={value}").problem == (400, "invalid_query")
