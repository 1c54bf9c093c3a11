"""Function versions and ARNs, read from answers of the Lambda API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.iam.evaluation import Policies, decide
from local_aws.iam.principal import Caller
from local_aws.iam.statement import AccessRequest, Policy

_ARN = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]+):(?P<account>\d{12}):function:"
    r"(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)
_PYTHON = re.compile(r"python3\.\d+")
_LOAD_BALANCER = Caller("", service="elasticloadbalancing.amazonaws.com")


@dataclass(frozen=True, slots=True)
class FunctionArn:
    """ARN of a function: ``arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]``."""

    region: str
    account: str
    name: str
    qualifier: str | None

    @classmethod
    def parse(cls, arn: str) -> FunctionArn:
        """Parse the ARN. Raises ValueError if it is not the ARN of a function."""
        match = _ARN.fullmatch(arn)
        if match is None:
            raise ValueError(f"not the ARN of a Lambda function: {arn!r}")
        return cls(match["region"], match["account"], match["name"], match["qualifier"])


@dataclass(frozen=True, slots=True)
class FunctionVersion:
    """A published version of a function, or ``$LATEST`` as it was when it was read.

    ``group_ids`` and ``subnet_ids`` are empty for a function without a VPC. ``s3_obstacle`` says
    why the function cannot reach S3 from its VPC, None if it can.

    Equal versions can share workers. ``code_location``, a signed URL, differs with every reading
    and is not compared.
    """

    name: str
    version: str
    account: str
    region: str
    runtime: str
    handler: str
    role: str
    package_type: str
    timeout_seconds: int
    memory_mb: int
    environment: tuple[tuple[str, str], ...]
    code_sha256: str
    log_group: str
    log_format: str
    log_level: str | None
    system_log_level: str | None
    layers: tuple[str, ...]
    group_ids: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    code_location: str = field(compare=False, repr=False)
    s3_obstacle: str | None = None

    @classmethod
    def from_answer(cls, arn: FunctionArn, answer: Mapping[str, Any]) -> FunctionVersion:
        """Read an answer of GetFunction. Memory is in MB, the timeout in seconds."""
        configuration = answer["Configuration"]
        name = configuration["FunctionName"]
        logging = configuration.get("LoggingConfig") or {}
        vpc = configuration.get("VpcConfig") or {}
        variables = (configuration.get("Environment") or {}).get("Variables") or {}
        return cls(
            name=name,
            version=configuration["Version"],
            account=arn.account,
            region=arn.region,
            runtime=configuration.get("Runtime") or "",
            handler=configuration.get("Handler") or "",
            role=configuration.get("Role") or "",
            package_type=configuration.get("PackageType") or "Zip",
            timeout_seconds=int(configuration.get("Timeout") or 3),
            memory_mb=int(configuration.get("MemorySize") or 128),
            environment=tuple(sorted(variables.items())),
            code_sha256=configuration.get("CodeSha256") or "",
            log_group=logging.get("LogGroup") or f"/aws/lambda/{name}",
            log_format=logging.get("LogFormat") or "Text",
            log_level=logging.get("ApplicationLogLevel"),
            system_log_level=logging.get("SystemLogLevel"),
            layers=tuple(layer["Arn"] for layer in configuration.get("Layers") or ()),
            group_ids=tuple(vpc.get("SecurityGroupIds") or ()),
            subnet_ids=tuple(vpc.get("SubnetIds") or ()),
            code_location=(answer.get("Code") or {}).get("Location") or "",
        )

    @property
    def refusal(self) -> str | None:
        """Return why this machine cannot run the function, None if it can."""
        if self.package_type != "Zip":
            return f"function {self.name} has package type {self.package_type}; only Zip runs here"
        if not _PYTHON.fullmatch(self.runtime):
            return f"function {self.name} has runtime {self.runtime!r}; only Python runs here"
        if self.layers:
            return f"function {self.name} uses layers, which do not run here: {self.layers[0]}"
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """The function versions behind an ARN, each with its share of the invocations.

    The ``shares`` add up to 1; an alias with routing weights has two, any other ARN has one.
    ``policy`` is the resource-based policy, None if there is none. ``reserved_concurrency`` limits
    the concurrent invocations of all versions together; None means no limit.
    """

    arn: str
    shares: tuple[tuple[FunctionVersion, float], ...]
    policy: Policy | None = None
    reserved_concurrency: int | None = None

    def allows(self, target_group_arn: str) -> bool:
        """Test if the policy lets load balancers invoke the function for the target group.

        Source: Application Load Balancers guide, "Lambda functions as targets", permissions.
        """
        account = self.shares[0][0].account
        context = {"aws:sourcearn": (target_group_arn,), "aws:sourceaccount": (account,)}
        request = AccessRequest(_LOAD_BALANCER, "lambda:InvokeFunction", self.arn, context)
        return decide(request, Policies(account, resource=self.policy)).allowed

    def choose(self, draw: float) -> FunctionVersion:
        """Choose the version for one invocation; ``draw`` is uniform in [0, 1)."""
        for version, share in self.shares:
            if draw < share:
                return version
            draw -= share
        return self.shares[0][0]
