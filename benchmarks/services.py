"""The API and the plain handler behind one load balancer of a local cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_aws.ports import free_port
from local_aws_tests.accounts import REGION, Account, a_bucket
from local_aws_tests.balanced import ControlPlane, Service, control_plane, data_plane

from terrarium import package, settings

BUCKET = "documents"
NAMES = tuple(f"document-{number}" for number in range(10))
PLAIN = settings.ROOT / "benchmarks" / "plain_handler"

_MAY_READ = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
    ],
}
_ACCOUNT = "300000000001"
_PORTS = 18_080


@dataclass(frozen=True, slots=True)
class Services:
    """``address`` is HOST:PORT of the load balancer; the API is at /api, the other at /plain."""

    endpoint: ControlPlane
    account: Account
    address: str
    ours: Path
    plain: Path

    def variables(self) -> dict[str, str]:
        """Return the environment of a worker."""
        role = f"arn:aws:iam::{self.account.id}:role/local-aws"
        sts = self.account.client("sts")
        keys = sts.assume_role(RoleArn=role, RoleSessionName="benchmark")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint.url,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "BUCKET": BUCKET,
        }


@contextmanager
def running(folder: Path) -> Iterator[Services]:
    """Start the services in ``folder``; stop them afterwards."""
    ours = package.build(settings.LAMBDA_SRC, folder / "ours.zip").path
    plain = package.build(PLAIN, folder / "plain.zip").path
    with control_plane(folder / "cloud") as endpoint:
        account = Account(endpoint, _ACCOUNT)
        a_bucket(account, BUCKET)
        for name in NAMES:
            body = f'{{"greeting": "I am {name}"}}\n'.encode()
            account.s3.put_object(Bucket=BUCKET, Key=f"{name}.json", Body=body)
        _deploy(account, ours, plain)
        with data_plane(endpoint, account, folder / "plane", free_port(_PORTS)) as plane:
            address = plane.url().removeprefix("http://").rstrip("/")
            yield Services(endpoint, account, address, ours, plain)


def _deploy(account: Account, ours: Path, plain: Path) -> None:
    settings_of_both = {
        "Handler": "lambda.lambda_handler",
        "Timeout": 10,
        "Environment": {"Variables": {"BUCKET": BUCKET}},
    }
    service = Service(account, "", **settings_of_both)
    account.client("iam").put_role_policy(
        RoleName="lambda_role", PolicyName="read", PolicyDocument=json.dumps(_MAY_READ)
    )
    code = service.functions.update_function_code(
        FunctionName="api", ZipFile=ours.read_bytes(), Publish=True
    )
    service.functions.update_alias(FunctionName="api", Name="live", FunctionVersion=code["Version"])
    role = account.client("iam").get_role(RoleName="lambda_role")["Role"]["Arn"]
    other = service.functions.create_function(
        FunctionName="plain",
        Runtime="python3.13",
        Role=role,
        Code={"ZipFile": plain.read_bytes()},
        Publish=True,
        **settings_of_both,
    )
    group = service.balancers.create_target_group(Name="plain", TargetType="lambda")
    group_arn = group["TargetGroups"][0]["TargetGroupArn"]
    service.functions.add_permission(
        FunctionName="plain",
        StatementId="load-balancer",
        Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com",
        SourceArn=group_arn,
    )
    service.balancers.register_targets(
        TargetGroupArn=group_arn, Targets=[{"Id": other["FunctionArn"]}]
    )
    service.add_rule(30, "/plain/*", {"Type": "forward", "TargetGroupArn": group_arn})
