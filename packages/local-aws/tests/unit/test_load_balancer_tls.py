from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path

import pytest
import uvloop
from local_aws.load_balancer.listener_server import ListenerServer
from local_aws.load_balancer.local_ports import bind
from local_aws.load_balancer.tls import server_context
from local_aws_tests.load_balancer_models import API
from local_aws_tests.raw_http import Client, Echo, http


def test_the_certificate_is_made_once_in_a_folder_for_the_owner_only(tmp_path: Path) -> None:
    certificate = tmp_path / "tls" / "certificate.pem"
    server_context(certificate)
    made = certificate.read_bytes()
    server_context(certificate)
    assert certificate.read_bytes() == made
    assert stat.S_IMODE(certificate.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem"])
def test_what_is_damaged_or_gone_is_made_again(tmp_path: Path, name: str) -> None:
    certificate = tmp_path / "certificate.pem"
    server_context(certificate)
    before = certificate.read_bytes()
    (tmp_path / name).unlink()
    server_context(certificate)
    assert certificate.read_bytes() != before
    certificate.write_text("nonsense")
    server_context(certificate)


def test_a_client_that_trusts_it_is_served_over_tls(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = ListenerServer(API, Echo(), {})
        with bind([0]) as bound:
            await server.open(bound, server_context(tmp_path / "certificate.pem"))
            port = bound.getsockname()[1]
            trusting = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
            stream = await asyncio.open_connection(
                "127.0.0.1", port, ssl=trusting, server_hostname="localhost"
            )
            client = Client(*stream)
            await client.send(http("GET /api/a", close=False))
            assert (await client.reply()).json()["path"] == "/api/a"
            await client.send(http("GET /api/b"))
            reply = await client.reply()
            assert (reply.json()["path"], reply.headers["connection"]) == ("/api/b", "close")
            assert await client.rest() == b""
            client.writer.close()
            await server.close(0.1)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())


def test_who_does_not_speak_tls_is_not_served(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = ListenerServer(API, Echo(), {})
        with bind([0]) as bound:
            await server.open(bound, server_context(tmp_path / "certificate.pem"))
            client = Client(*await asyncio.open_connection("127.0.0.1", bound.getsockname()[1]))
            await client.send(http("GET /api/a"))
            assert b"HTTP/1.1 200" not in await client.rest()
            client.writer.close()
            await server.close(0.1)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())
