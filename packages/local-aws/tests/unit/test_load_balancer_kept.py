"""What the serving process and its keeper say to each other."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator

import pytest
from local_aws.load_balancer.kept import Kept
from local_aws.ports import LOOPBACK

Link = tuple[socket.socket, socket.socket]
"""The keeper's end, and that of the serving process."""


@pytest.fixture
def link() -> Iterator[Link]:
    with_keeper, with_serving = socket.socketpair()
    with with_keeper, with_serving:
        yield with_keeper, with_serving


def test_a_socket_is_handed_over_with_the_key_of_its_listener(link: Link) -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        Kept(link[1], {}).hold("lb:80", listening)
        said, [descriptor], _, _ = socket.recv_fds(link[0], 100, 2)
        with socket.socket(fileno=descriptor) as handed:
            assert handed.getsockname() == listening.getsockname()
    assert said == b"+lb:80\n"


def test_a_socket_of_the_last_process_is_taken_once(link: Link) -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        kept = Kept(link[1], {"lb:80": listening.dup().detach()})
        taken = kept.take("lb:80")
        assert taken is not None
        with taken:
            assert taken.getsockname() == listening.getsockname()
    assert kept.take("lb:80") is None
    assert kept.take("lb:81") is None


def test_what_nobody_took_is_released_once_everything_is_served(link: Link) -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        port = listening.getsockname()[1]
        kept = Kept(link[1], {"gone:80": listening.dup().detach()})
    kept.serves()
    kept.serves()
    assert link[0].recv(100) == b"-gone:80\n=\n=\n"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port))


def test_without_its_keeper_a_process_goes_on_and_says_so_once(
    link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(link[1], {})

    async def run() -> None:
        kept.watch()
        link[0].close()
        async with asyncio.timeout(10):
            while not caplog.records:
                await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())
    kept.serves()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "./inv up" in caplog.text
