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
from local_aws_tests.raw_http import Client, EchoFunctions, http


def test_the_certificate_is_created_once_in_a_private_folder(tmp_path: Path) -> None:
    certificate = tmp_path / "tls" / "certificate.pem"
    server_context(certificate)
    created = certificate.read_bytes()
    server_context(certificate)
    assert certificate.read_bytes() == created
    assert stat.S_IMODE(certificate.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem"])
def test_a_missing_or_damaged_certificate_is_created_again(tmp_path: Path, name: str) -> None:
    certificate = tmp_path / "certificate.pem"
    server_context(certificate)
    before = certificate.read_bytes()
    (tmp_path / name).unlink()
    server_context(certificate)
    assert certificate.read_bytes() != before
    certificate.write_text("nonsense")
    server_context(certificate)


def test_a_listener_with_tls_serves_only_tls(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = ListenerServer(API, EchoFunctions(), {})
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
            assert await client.read_to_end() == b""

            plain = Client(*await asyncio.open_connection("127.0.0.1", port))
            await plain.send(http("GET /api/a"))
            assert b"HTTP/1.1 200" not in await plain.read_to_end()
            for each in (client, plain):
                each.writer.close()
            await server.close(0.1)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())
