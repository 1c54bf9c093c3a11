"""A control plane in this process, and clients of it that need no port."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from local_aws.control_plane.http import Request, Response
from local_aws.control_plane.service import ControlPlane

REGION = "eu-west-1"
DEV, PROD = "111111111111", "222222222222"


class Plane:
    """What boto3 sends is handed to ``ControlPlane.handle``, and its answer to boto3."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._keys = ("test", "test", "")
        self._keys = self.session(f"arn:aws:iam::{DEV}:role/local-aws")

    def session(self, role: str, name: str = "test") -> tuple[str, str, str]:
        """Credentials of a role, as somebody gets them who may assume it."""
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]

    def client(self, service: Any, keys: tuple[str, str, str] | None = None) -> Any:
        """A client with the deployer's credentials, or with those of a session."""
        key, secret, token = keys or self._keys
        client = boto3.client(
            service,
            region_name=REGION,
            endpoint_url="http://127.0.0.1:4747",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token or None,
            config=Config(retries={"total_max_attempts": 1}),
        )
        return self.answer(client)

    def answer(self, client: Any) -> Any:
        """The client, answered by this control plane from now on."""
        client.meta.events.register("before-send", self._answer)
        return client

    @property
    def access_key(self) -> str:
        """The deployer's."""
        return self._keys[0]

    def save_and_restore(self) -> None:
        """End this cloud as ``down`` does, and start the next one from what it saved."""
        from moto.core.base_backend import BackendDict

        self._plane.save()
        BackendDict.reset()
        assert self._plane.restore() is not None

    def handle(self, request: Request) -> Response:
        return self._plane.handle(request)

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        url = urlsplit(request.url)
        headers = [(name.lower(), _text(value)) for name, value in request.headers.items()]
        headers.append(("host", url.netloc))
        response = self._plane.handle(
            Request(
                request.method, url.path or "/", url.query, tuple(headers), _bytes(request.body)
            )
        )
        raw = _Raw(b"" if request.method == "HEAD" else response.body)
        return AWSResponse(request.url, response.status, _headers(response), raw)


def a_zip(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("lambda.py"), text)
    return buffer.getvalue()


class _Raw:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self.read()]

    def read(self, amount: int | None = None) -> bytes:
        end = len(self._body) if amount is None else amount
        part, self._body = self._body[:end], self._body[end:]
        return part


def _headers(response: Response) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in response.headers:
        headers[name] = value
    return headers


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body if isinstance(body, (bytes, bytearray)) else body.read())
