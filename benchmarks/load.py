"""Load on an HTTP server: keep-alive connections, each with one request at a time.

As cheap as Python allows, since it shares the processor with what it measures: requests are made
beforehand, and of an answer only its status and its length are read.

Run: .venv/bin/python -m benchmarks.load HOST:PORT SECONDS CONNECTIONS PATH...
It prints answers a second and the median latency in milliseconds. Exits with 1 when an answer is
not a 200.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import uvloop

from terrarium import console

_WARM_UP_SECONDS = 3.0
"""Time for the workers to start."""


@dataclass(slots=True)
class Tally:
    """Responses while ``counting``; ``latencies`` are in seconds."""

    latencies: list[float] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)
    counting: bool = False


class Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or len(self._received) < end + 4 + _length(self._received, end):
            return
        if self._tally.counting:
            self._tally.latencies.append(time.perf_counter() - self._sent_at)
            if not self._received.startswith(b"HTTP/1.1 200 "):
                self._tally.failures.append(self._received[:end])
        self._received = b""
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))


def _length(response: bytes, end: int) -> int:
    """Return the Content-Length of a head, as the load balancer spells it."""
    start = response.index(b"\r\nContent-Length: ", 0, end) + 18
    return int(response[start : response.index(b"\r\n", start)])


async def run(address: str, seconds: float, connections: int, paths: list[str]) -> Tally:
    host, _, port = address.partition(":")
    head = f"HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\n\r\n"
    requests = itertools.cycle([f"GET {path} {head}".encode() for path in paths])
    tally = Tally()
    loop = asyncio.get_running_loop()
    transports = [
        (await loop.create_connection(lambda: Connection(requests, tally), host, int(port)))[0]
        for _ in range(connections)
    ]
    await asyncio.sleep(_WARM_UP_SECONDS)
    tally.counting = True
    await asyncio.sleep(seconds)
    tally.counting = False
    for transport in transports:
        transport.close()
    return tally


def main() -> int:
    address, seconds, connections, *paths = sys.argv[1:]
    tally = uvloop.run(run(address, float(seconds), int(connections), paths))
    rate = len(tally.latencies) / float(seconds)
    console.data(f"{rate:.1f} {statistics.median(tally.latencies) * 1000:.3f}")
    if tally.failures:
        console.note(f"{len(tally.failures)} not answered with 200, such as {tally.failures[0]!r}")
    return int(bool(tally.failures))


if __name__ == "__main__":
    sys.exit(main())
