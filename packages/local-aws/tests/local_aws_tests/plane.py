"""A control plane in this process, and boto3 clients that call it without a port."""

from __future__ import annotations

import io
import json
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
    """Passes requests of boto3 clients to ``ControlPlane.handle``."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._keys = ("test", "test", "")
        self._keys = self.session(f"arn:aws:iam::{DEV}:role/local-aws")

    def session(self, role: str, name: str = "test") -> tuple[str, str, str]:
        """Assume a role and return its credentials."""
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]

    def client(self, service: Any, keys: tuple[str, str, str] | None = None) -> Any:
        """Return a client with the credentials of the deploying role, or of a session."""
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
        """Connect a client to this control plane, and return it."""
        client.meta.events.register("before-send", self._answer)
        return client

    @property
    def access_key(self) -> str:
        """The access key id of the deploying role."""
        return self._keys[0]

    def save_and_restore(self) -> None:
        """Save a snapshot, reset moto and restore the snapshot."""
        from moto.core.base_backend import BackendDict

        self._plane.save()
        BackendDict.reset()
        assert self._plane.restore() is not None

    def create_bucket(self, name: str) -> Any:
        """Create a bucket and return an S3 client."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return s3

    def create_role(self, name: str = "api", *statements: dict[str, Any]) -> str:
        """Create a role with an inline policy of these statements, and return its ARN."""
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document)
        return arn

    def create_function(self, role: str, **settings: Any) -> Any:
        """Create the function ``api``, and return the answer."""
        return self.client("lambda").create_function(
            FunctionName="api",
            Role=role,
            Runtime="python3.13",
            Handler="lambda.lambda_handler",
            Code={"ZipFile": a_zip("first")},
            **settings,
        )

    def create_load_balancer(self) -> str:
        """Create a load balancer in a new VPC, and return its ARN."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}")
            for cidr, zone in (("10.0.0.0/24", "a"), ("10.0.1.0/24", "b"))
        ]
        [created] = self.client("elbv2").create_load_balancer(
            Name="lb", Subnets=[each["Subnet"]["SubnetId"] for each in subnets]
        )["LoadBalancers"]
        arn: str = created["LoadBalancerArn"]
        return arn

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
    """The part of a urllib3 response that botocore reads."""

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
