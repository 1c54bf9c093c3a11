"""A listener on a real socket, and a client that sends exact bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvloop
from local_aws.lambda_runtime.invocation import Answered, Outcome
from local_aws.load_balancer.completed_request import Client as ConnectedClient
from local_aws.load_balancer.completed_request import CompletedRequest, Observer
from local_aws.load_balancer.configuration import Listener
from local_aws.load_balancer.listener_server import ListenerServer
from local_aws.load_balancer.local_ports import bind
from local_aws.load_balancer.request_handler import RequestFilter
from local_aws_tests.load_balancer_models import API

Done = Callable[[Outcome], None]


class EchoFunctions:
    """Functions that respond with their event."""

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


class HeldFunctions:
    """Functions that respond only when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[bytes, Done]] = []

    def invoke(
        self, arn: str, payload: bytes, done: Done, *, trace_id: str, source_arn: str
    ) -> None:
        self.waiting.append((payload, done))

    async def wait_for(self, count: int = 1) -> None:
        """Wait until this many invocations have no response yet."""
        async with asyncio.timeout(20):
            while len(self.waiting) < count:
                await asyncio.sleep(0.001)

    def respond(self, body: str = "") -> None:
        """Respond to the oldest invocation."""
        _, done = self.waiting.pop(0)
        done(Answered(json.dumps({"statusCode": 200, "body": body}).encode()))


class Reply:
    """A parsed response."""

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

    async def read_to_end(self) -> bytes:
        """Read until the server closes the connection."""
        async with asyncio.timeout(20):
            return await self.reader.read()

    async def reply(self) -> Reply:
        """Read the next response, by its Content-Length."""
        async with asyncio.timeout(20):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(Reply(head).headers.get("content-length", "0"))
            return Reply(head + await self.reader.readexactly(length))


@dataclass
class RecordingObserver:
    """An observer that records its calls."""

    connections: list[tuple[Listener, ConnectedClient]] = field(default_factory=list)
    requests: list[CompletedRequest] = field(default_factory=list)
    disconnections: int = 0

    def connected(self, listener: Listener, client: ConnectedClient) -> None:
        self.connections.append((listener, client))

    def disconnected(self, _listener: Listener) -> None:
        self.disconnections += 1

    def finished(self, completed: CompletedRequest) -> None:
        self.requests.append(completed)


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

    async def send_once(self, sent: bytes) -> bytes:
        """Send bytes on a new connection and read until the server closes it."""
        client = await self.connect()
        await client.send(sent)
        return await client.read_to_end()

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
    """Run a scenario against a listener, on the event loop of the load balancer process."""

    async def run() -> None:
        server = ListenerServer(
            on,
            functions or EchoFunctions(),
            {},
            request_filter=request_filter,
            observers=observers,
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


def send_once(sent: bytes, on: Listener = API, functions: Any = None) -> Reply:
    """Serve a listener, send bytes on a new connection and return the reply."""
    replies: list[bytes] = []

    async def scenario(served: Served) -> None:
        replies.append(await served.send_once(sent))

    serve(scenario, on, functions)
    return Reply(replies[0])


def http(line: str, *headers: str, body: bytes = b"", close: bool = True) -> bytes:
    """A request to ``api.example.com``; with ``close`` the last one of its connection."""
    lines = [f"{line} HTTP/1.1", "Host: api.example.com", *headers]
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body
