"""The load balancer under load and hostile input: nothing is lost, nothing leaks."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from local_aws_tests.accounts import Account, unused_port
from local_aws_tests.balanced import (
    ControlPlane,
    DataPlane,
    Service,
    control_plane,
    data_plane,
    eventually,
)

_MEGABYTE = 1 << 20
_CLIENTS = 20
"""Descriptors of the load balancer's AWS clients, which connect when they are used."""

HANDLER = """
import sys

def handler(event, context):
    query = event["queryStringParameters"]
    if "print" in query:
        line = "x" * 1023
        for _ in range(int(query["print"])):
            print(line)
    if "size" in query:
        return {"statusCode": 200, "body": "x" * int(query["size"])}
    return {"statusCode": 200, "body": event["path"]}
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with control_plane(tmp_path_factory.mktemp("cloud")) as running:
        yield running


_NUMBERS = itertools.count(400_000_000_001)


@pytest.fixture
def plane(endpoint: ControlPlane, tmp_path: Path) -> Iterator[DataPlane]:
    """A load balancer process with one function that answers with the path."""
    account = Account(endpoint, f"{next(_NUMBERS):012d}")
    Service(account, handler=HANDLER, Timeout=30)
    with data_plane(endpoint, account, tmp_path / "plane", unused_port()) as running:
        yield running


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
) -> tuple[int, bytes]:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r")[0])
    return int(head.split(" ")[1]), await reader.readexactly(length)


async def load(url: str, *, requests: int, connections: int) -> Counter[int]:
    """Request different paths, check every answer, and return the number of each status."""
    statuses: Counter[int] = Counter()
    numbers = iter(range(requests))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        for number in numbers:
            status, body = await ask(reader, writer, f"/api/{number}")
            assert status != 200 or body == f"/api/{number}".encode()
            statuses[status] += 1
        writer.close()
        await writer.wait_closed()

    async with asyncio.timeout(300), asyncio.TaskGroup() as clients:
        for _ in range(connections):
            clients.create_task(client())
    return statuses


def once(url: str, path: str) -> tuple[int, bytes]:
    async def run() -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        try:
            async with asyncio.timeout(60):
                return await ask(reader, writer, path)
        finally:
            writer.close()

    return asyncio.run(run())


def descriptors(plane: DataPlane) -> int:
    return plane.statistics().num_fds()


def memory(plane: DataPlane) -> int:
    return int(plane.statistics().memory_info().rss)


def memories(plane: DataPlane) -> dict[int, int]:
    """Return bytes by pid, of the load balancer and its workers."""
    processes = (plane.statistics(), *plane.workers())
    return {process.pid: int(process.memory_info().rss) for process in processes}


def test_ten_thousand_requests_on_two_hundred_connections_are_all_answered(
    plane: DataPlane,
) -> None:
    url = plane.url()
    asyncio.run(load(url, requests=2_000, connections=200))
    before, held = descriptors(plane), memory(plane)
    assert asyncio.run(load(url, requests=10_000, connections=200)) == {200: 10_000}
    eventually(lambda: descriptors(plane) <= before + _CLIENTS)
    assert memory(plane) - held < 16 * _MEGABYTE
    assert "Traceback" not in plane.log.read_text()


@pytest.mark.soak
def test_memory_is_flat_over_a_hundred_thousand_requests(plane: DataPlane) -> None:
    url = plane.url()
    asyncio.run(load(url, requests=20_000, connections=16))
    before = memories(plane)
    assert asyncio.run(load(url, requests=100_000, connections=16)) == {200: 100_000}
    after = memories(plane)
    grown = {pid: after[pid] - held for pid, held in before.items()}  # no process was replaced
    assert len(grown) >= 2
    assert sum(grown.values()) < 4 * _MEGABYTE, grown


def test_a_worker_that_is_killed_under_load_fails_no_more_than_it_ran(plane: DataPlane) -> None:
    url = plane.url()
    once(url, "/health")
    kills = 0

    async def kill_now_and_then(loading: asyncio.Task[Counter[int]]) -> None:
        nonlocal kills
        while not loading.done():
            for worker in plane.workers()[:1]:
                worker.kill()
                kills += 1
            await asyncio.sleep(0.3)

    async def run() -> Counter[int]:
        loading = asyncio.create_task(load(url, requests=3_000, connections=20))
        await kill_now_and_then(loading)
        return await loading

    statuses = asyncio.run(run())
    assert kills > 0
    assert statuses.keys() <= {200, 502}
    assert statuses.total() == 3_000
    assert statuses[502] <= kills
    assert once(url, "/health") == (200, b"/health")


def test_a_handler_that_prints_a_hundred_megabytes_delays_no_other_request(
    plane: DataPlane,
) -> None:
    url = plane.url()
    once(url, "/health")
    before = memory(plane)

    async def run() -> None:
        port = urlsplit(url).port
        loud = await asyncio.open_connection("127.0.0.1", port)
        talking = asyncio.create_task(ask(*loud, "/api/loud?print=100000"))
        quiet = await asyncio.open_connection("127.0.0.1", port)
        while not talking.done():
            assert await ask(*quiet, "/api/quiet") == (200, b"/api/quiet")
        assert await talking == (200, b"/api/loud")
        for _, writer in (loud, quiet):
            writer.close()

    asyncio.run(run())
    assert memory(plane) - before < 64 * _MEGABYTE
    assert "log events" in eventually(lambda: _dropped(plane), seconds=60.0)


def test_answers_of_every_size_arrive_or_are_refused(plane: DataPlane) -> None:
    url = plane.url()
    for size, status in ((0, 200), (65_536, 200), (1_000_000, 200), (1_100_000, 502)):
        assert once(url, f"/api/a?size={size}")[0] == status
    assert once(url, "/api/a?size=7000000")[0] == 502
    assert once(url, "/health") == (200, b"/health")


def test_garbage_of_every_kind_leaves_nothing_behind(plane: DataPlane) -> None:
    url = plane.url()
    once(url, "/health")
    before = descriptors(plane)
    dice = random.Random(7)  # noqa: S311 - the same garbage in every run
    words = (
        *(b"GET ", b"/api", b" HTTP/1.1\r\n", b"Host: a\r\n", b"\r\n", b"\n", b"\0"),
        *(b"Content-Length: 99999999\r\n", b"Transfer-Encoding: chunked\r\n", b"ffff\r\n"),
        b"X: " + b"y" * 9_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n",
        b"\xff" * 40,
    )

    async def throw() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        try:
            for _ in range(dice.randrange(1, 12)):
                writer.write(dice.choice(words))
                if dice.random() < 0.3:
                    await asyncio.sleep(0)
            if dice.random() < 0.5:
                writer.write_eof()
                answer = await reader.read()
                assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
                assert b"Traceback" not in answer
        except ConnectionError:
            pass  # it was refused and went on writing
        finally:
            writer.transport.abort()

    async def run() -> None:
        async with asyncio.timeout(120):
            for _ in range(40):
                await asyncio.gather(*(throw() for _ in range(25)))

    asyncio.run(run())
    eventually(lambda: descriptors(plane) <= before + _CLIENTS)
    assert once(url, "/health") == (200, b"/health")
    assert "Traceback" not in plane.log.read_text()


def _dropped(plane: DataPlane) -> str | None:
    lines = [line for line in plane.log.read_text().splitlines() if "dropped" in line]
    return lines[0] if lines else None
