"""A listener on a real socket, and a client that says exactly what it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvloop
from local_aws.lambda_runtime.invocation import Answered, Outcome
from local_aws.load_balancer.completed_request import Client as Peer
from local_aws.load_balancer.completed_request import CompletedRequest, Observer
from local_aws.load_balancer.configuration import Listener
from local_aws.load_balancer.listener_server import ListenerServer
from local_aws.load_balancer.local_ports import bind
from local_aws.load_balancer.request_handler import RequestFilter
from local_aws_tests.load_balancer_models import API

Done = Callable[[Outcome], None]


class Echo:
    """Answers with the event it got."""

    def invoke(
        self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
    ) -> None:
        response = {
            "statusCode": 200,
            "statusDescription": "200 Fine",
            "headers": {"content-type": "application/json", "set-cookie": "a=1"},
            "body": payload.decode(),
        }
        done(Answered(json.dumps(response).encode()))


class Held:
    """Keeps the functions' answers until it is told to give them."""

    def __init__(self) -> None:
        self.waiting: list[tuple[bytes, Done]] = []

    def invoke(
        self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
    ) -> None:
        self.waiting.append((payload, done))

    async def arrived(self, count: int = 1) -> None:
        async with asyncio.timeout(5):
            while len(self.waiting) < count:
                await asyncio.sleep(0.001)

    def answer(self, body: str = "") -> None:
        """The oldest that waits."""
        _, done = self.waiting.pop(0)
        done(Answered(json.dumps({"statusCode": 200, "body": body}).encode()))


class Reply:
    """A raw answer, taken apart."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.line, *lines = head.decode().split("\r\n")
        self.pairs = [
            (name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)
        ]
        self.headers = dict(self.pairs)

    @property
    def status(self) -> int:
        return int(self.line.split(" ")[1])

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        async with asyncio.timeout(5):
            return await self.reader.read()

    async def reply(self) -> Reply:
        """The next answer, by its Content-Length."""
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(Reply(head).headers.get("content-length", "0"))
            return Reply(head + await self.reader.readexactly(length))


@dataclass
class Watch:
    """An observer that keeps what it is told."""

    connections: list[tuple[Listener, Peer]] = field(default_factory=list)
    exchanges: list[CompletedRequest] = field(default_factory=list)
    ended: int = 0

    def connected(self, listener: Listener, client: Peer) -> None:
        self.connections.append((listener, client))

    def disconnected(self, _listener: Listener) -> None:
        self.ended += 1

    def finished(self, completed: CompletedRequest) -> None:
        self.exchanges.append(completed)


class Served:
    """A listener that is open."""

    def __init__(self, server: ListenerServer, port: int) -> None:
        self.server = server
        self.port = port
        self._clients: list[Client] = []

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self._clients.append(client)
        return client

    async def talk(self, sent: bytes) -> bytes:
        """Send bytes on a connection of their own; what comes until the server closes it."""
        client = await self.connect()
        await client.send(sent)
        return await client.rest()

    async def close(self) -> None:
        for client in self._clients:
            client.writer.close()
        await self.server.close(0.1)


def serve(
    scenario: Callable[[Served], Awaitable[None]],
    on: Listener = API,
    functions: Any = None,
    *,
    request_filter: RequestFilter | None = None,
    observers: tuple[Observer, ...] = (),
) -> None:
    """Run a scenario against a listener, on the event loop that is used for good."""

    async def run() -> None:
        server = ListenerServer(
            on, functions or Echo(), {}, request_filter=request_filter, observers=observers
        )
        with bind([0]) as bound:
            await server.open(bound)
            served = Served(server, bound.getsockname()[1])
            try:
                await scenario(served)
            finally:
                await served.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def once(sent: bytes, on: Listener = API, functions: Any = None) -> Reply:
    """Send bytes on a connection of their own; the reply until the server closes it."""
    replies: list[bytes] = []

    async def scenario(served: Served) -> None:
        replies.append(await served.talk(sent))

    serve(scenario, on, functions)
    return Reply(replies[0])


def http(line: str, *headers: str, body: bytes = b"", close: bool = True) -> bytes:
    """A request to ``api.example.com``, by default the last of its connection."""
    lines = [f"{line} HTTP/1.1", "Host: api.example.com", *headers]
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body
