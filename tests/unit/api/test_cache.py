"""The cache: fresh, revalidated, stale and evicted contents."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.api.fakes import Fake, Now, Source

cache = importlib.import_module("api.cache")
content = importlib.import_module("api.content")
problem = importlib.import_module("api.problem")

_FRESH, _STALE = 5, 300


def _fake(*, fresh_seconds: int = _FRESH, stale_seconds: int = _STALE) -> Fake:
    """Return an API that has served the document ``foo`` once."""
    fake = Fake(fresh_seconds=fresh_seconds, stale_seconds=stale_seconds)
    fake.source.put("foo", '"one"')
    fake.api.get("/api/foo")
    return fake


def _unavailable(fake: Fake) -> None:
    fake.source.error = problem.StorageUnavailable("SlowDown")


def test_a_document_is_fresh_then_revalidated_then_replaced_then_gone() -> None:
    fake = _fake()
    fake.now.seconds = 4.9
    assert fake.api.get("/api/foo").headers["age"] == "4"
    fake.now.seconds = 5
    assert "age" not in fake.api.get("/api/foo").headers
    fake.now.seconds = 9
    assert fake.api.get("/api/foo").headers["age"] == "4"
    assert fake.source.reads == 2
    fake.source.put("foo", '"two"')
    fake.now.seconds = 10
    response = fake.api.get("/api/foo")
    assert (response.body, response.headers["etag"]) == ('"two"', '"foo-2"')
    del fake.source.texts["foo"]
    fake.now.seconds = 15
    assert fake.api.get("/api/foo").problem == (404, "document_not_found")
    _unavailable(fake)
    assert fake.api.get("/api/foo").problem == (503, "storage_unavailable")


def test_under_steady_load_each_name_is_read_once_per_fresh_time() -> None:
    fake = Fake()
    for number in range(10):
        fake.source.put(f"document-{number}", "{}")
    requests = 5_000
    for number in range(requests):
        fake.api.get(f"/api/document-{number % 10}")
        fake.now.seconds += 0.01
    assert fake.source.reads * 20 <= requests
    assert fake.source.reads <= 10 * (requests * 0.01 / _FRESH + 1)


def test_age_counts_from_before_the_request_to_s3() -> None:
    fake = Fake()
    fake.source.put("foo", "{}")

    def be_slow() -> None:
        fake.now.seconds += 4

    fake.source.on_read = be_slow
    for cache_result in ("miss", "revalidated"):
        fake.api.get("/api/foo")
        assert fake.lines[-1]["cache"] == cache_result
        assert fake.api.get("/api/foo").headers["age"] == "4"
        fake.now.seconds += 1


def test_a_missing_document_is_not_cached() -> None:
    fake = Fake()
    assert fake.api.get("/api/foo").status == 404
    fake.source.put("foo", "{}")
    assert fake.api.get("/api/foo").status == 200


def test_while_s3_fails_a_stale_document_is_served_until_the_stale_time_ends() -> None:
    fake = _fake()
    _unavailable(fake)
    fake.now.seconds = 300
    response = fake.api.get("/api/foo")
    assert (response.status, response.body) == (200, '"one"')
    assert response.headers["age"] == "300"
    assert response.headers["warning"].startswith("110 ")
    assert "111 " in response.headers["warning"]
    fake.now.seconds = 300.1
    response = fake.api.get("/api/foo")
    assert response.problem == (503, "storage_unavailable")
    assert int(response.headers["retry-after"]) > 0
    fake.source.error = None
    assert fake.api.get("/api/foo").body == '"one"'


@pytest.mark.parametrize(("stale_seconds", "seconds", "read_seconds"), [(300, 299, 8), (0, 5, 0)])
def test_a_copy_that_is_too_old_after_a_failed_read_is_not_served(
    stale_seconds: int, seconds: float, read_seconds: float
) -> None:
    fake = _fake(stale_seconds=stale_seconds)

    def be_slow() -> None:
        fake.now.seconds += read_seconds

    fake.source.on_read = be_slow
    _unavailable(fake)
    fake.now.seconds = seconds
    assert fake.api.get("/api/foo").status == 503


def test_without_a_fresh_time_s3_is_read_each_time() -> None:
    fake = _fake(fresh_seconds=0)
    response = fake.api.get("/api/foo")
    assert (fake.source.reads, response.headers["cache-control"]) == (2, "max-age=0")


def test_a_permanent_failure_removes_the_copy() -> None:
    fake = _fake()
    fake.source.error = problem.StorageError("AccessDenied")
    fake.now.seconds = 6
    assert fake.api.get("/api/foo").problem == (502, "storage_error")
    _unavailable(fake)
    assert fake.api.get("/api/foo").problem == (503, "storage_unavailable")


def test_after_a_failure_stale_copies_are_served_without_asking_s3() -> None:
    fake = _fake()
    _unavailable(fake)
    for tenth in range(100, 119):
        fake.now.seconds = tenth / 10
        assert "warning" in fake.api.get("/api/foo").headers
    assert fake.source.reads == 2
    fake.source.error = None
    fake.now.seconds = 12
    assert "warning" not in fake.api.get("/api/foo").headers


def test_a_name_without_a_copy_is_read_right_after_a_failure() -> None:
    fake = _fake()
    fake.now.seconds = 6
    _unavailable(fake)
    fake.api.get("/api/foo")
    fake.source.error = None
    fake.source.put("bar", "{}")
    assert fake.api.get("/api/bar").status == 200


def test_a_read_has_the_short_deadline_if_a_copy_can_be_served() -> None:
    fake = _fake()
    for seconds in (6, 600):
        fake.now.seconds = seconds
        fake.api.get("/api/foo")
    assert fake.source.shorts == [False, True, False]


def test_the_least_recently_used_copy_is_evicted_first() -> None:
    now, source = Now(), Source()
    texts = {name: f'"{name * 1_000}"' for name in "abcd"}
    for name, text in texts.items():
        source.put(name, text)
    memory = _cache(now, max_bytes=10_000)

    def get(name: str) -> Any:
        return memory.get(name, lambda known, short: source.read(name, known, short=short))

    for name in "abc":
        get(name)
    get("a")
    get("d")
    assert memory.size <= 10_000
    source.asked.clear()
    for name in "adcb":
        assert get(name).content.identity.body == texts[name]
    assert source.asked == ["b"]


def test_a_document_larger_than_the_cache_is_served_and_not_cached() -> None:
    memory = _cache(Now(), max_bytes=100)
    found = memory.get("a", lambda known, short: content.Content.of("{}", '"a"'))
    assert (found.content.identity.body, memory.size) == ("{}", 0)


@pytest.mark.parametrize(
    ("steps", "elapsed"),
    [
        ([(1, 1), (2, 2)], 3),
        ([(0, 600)], 600),
        ([(600, 0)], 600),
        ([(1, -3_600), (1, 1)], 2),
        ([(5, 3_600)], 3_600),
        ([(0, -1)], 0),
    ],
)
def test_the_clock_follows_the_clock_that_advanced_more(
    steps: list[tuple[float, float]], elapsed: float
) -> None:
    monotonic, wall = Now(100.0), Now(1_700_000_000.0)
    clock = cache.Clock(monotonic, wall)
    for forward, wall_forward in steps:
        monotonic.seconds += forward
        wall.seconds += wall_forward
        clock()
    assert clock() == elapsed


def _cache(now: Now, max_bytes: int) -> Any:
    return cache.Cache(fresh_seconds=_FRESH, stale_seconds=_STALE, max_bytes=max_bytes, clock=now)


_NAMES = st.sampled_from(["a", "b", "c"])
_MAX_BYTES = 10_000


class CacheModel(RuleBasedStateMachine):
    """Compares every answer with the content of the last successful read."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.source = Now(), Source()
        self.written = 0
        self.confirmed: dict[str, tuple[float, str]] = {}
        self.cache = _cache(self.now, _MAX_BYTES)

    @rule(name=_NAMES, length=st.integers(0, 3_000))
    def write(self, name: str, length: int) -> None:
        self.written += 1
        self.source.put(name, f'"{name} {self.written} {"x" * length}"')

    @precondition(lambda self: self.source.texts)
    @rule(name=_NAMES)
    def delete(self, name: str) -> None:
        self.source.texts.pop(name, None)

    @rule(seconds=st.sampled_from([0.1, 1.0, 1.9, 2.0, 4.9, 5.0, 60.0, 240.0, 301.0]))
    def pass_time(self, seconds: float) -> None:
        self.now.seconds += seconds

    @rule(kind=st.sampled_from([None, problem.StorageUnavailable, problem.StorageError]))
    def change_health(self, kind: type[Exception] | None) -> None:
        self.source.error = kind() if kind else None

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 8.0]))
    def change_speed(self, seconds: float) -> None:
        def take() -> None:
            self.now.seconds += seconds

        self.source.on_read = take

    @rule(name=_NAMES)
    def read(self, name: str) -> None:
        began, reads = self.now.seconds, self.source.reads
        try:
            found = self.cache.get(
                name, lambda known, short: self.source.read(name, known, short=short)
            )
        except problem.DocumentNotFound:
            assert (self.source.reads, name in self.source.texts) == (reads + 1, False)
            return
        except (problem.StorageUnavailable, problem.StorageError) as error:
            assert self.source.reads == reads + 1
            assert type(error) is type(self.source.error)
            return
        asked = self.source.reads > reads
        if asked and self.source.error is None:
            assert found.age is None
            assert found.content.identity.body == self.source.texts[name]
            self.confirmed[name] = (began, self.source.texts[name])
            return
        confirmed_at, text = self.confirmed[name]
        age = self.now.seconds - confirmed_at
        assert found.age == pytest.approx(age)
        assert age <= _STALE
        assert (found.cache == "hit") == (age < _FRESH and not asked)
        if found.cache == "stale":
            assert isinstance(self.source.error, problem.StorageUnavailable) or not asked
        assert found.content.identity.body == text

    @invariant()
    def size_is_bounded(self) -> None:
        assert 0 <= self.cache.size <= _MAX_BYTES


CacheModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_every_answer_was_recently_in_the_bucket = CacheModel.TestCase
