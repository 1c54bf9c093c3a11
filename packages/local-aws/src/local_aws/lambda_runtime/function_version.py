"""What a deployed function is, read from the answers of the Lambda API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.lambda_runtime.permission import Permission

_ARN = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]+):(?P<account>\d{12}):function:"
    r"(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)
_PYTHON = re.compile(r"python3\.\d+")


@dataclass(frozen=True, slots=True)
class FunctionArn:
    """``arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]``."""

    region: str
    account: str
    name: str
    qualifier: str | None

    @classmethod
    def parse(cls, arn: str) -> FunctionArn:
        """Raises ValueError for anything that is not a function's ARN."""
        match = _ARN.fullmatch(arn)
        if match is None:
            raise ValueError(f"not the ARN of a Lambda function: {arn!r}")
        return cls(match["region"], match["account"], match["name"], match["qualifier"])


@dataclass(frozen=True, slots=True)
class FunctionVersion:
    """One immutable version of a function, or ``$LATEST`` as it was when it was read.

    ``group_ids`` and ``subnet_ids`` are empty for a function in no VPC; ``s3_obstacle`` says what
    keeps it from S3 there.

    Two readings are equal when a worker of the one may serve the other; ``code_location`` is a
    signed URL that differs with every reading, so it does not count.
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
        """From a ``GetFunction`` answer. Memory is in MB, the timeout in seconds."""
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
        """Why this machine cannot run the function, or None when it can."""
        if self.package_type != "Zip":
            return f"function {self.name} is packaged as {self.package_type}; only Zip runs here"
        if not _PYTHON.fullmatch(self.runtime):
            return f"function {self.name} wants runtime {self.runtime!r}; only Python runs here"
        if self.layers:
            return f"function {self.name} uses layers, which are not built here: {self.layers[0]}"
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """What a target group invokes: the versions behind an ARN, with the share of each.

    ``shares`` sum to 1; an alias with routing weights has two, anything else one. ``permissions``
    say which load balancers may invoke it.
    ``reserved_concurrency`` counts invocations of the whole function at once; None means no limit.
    """

    arn: str
    shares: tuple[tuple[FunctionVersion, float], ...]
    permissions: tuple[Permission, ...] = (Permission("*"),)
    reserved_concurrency: int | None = None

    def allows(self, source_arn: str) -> bool:
        """Whether the function may be invoked on behalf of a target group."""
        return any(permission.covers(source_arn) for permission in self.permissions)

    def choose(self, draw: float) -> FunctionVersion:
        """The version for one invocation; ``draw`` is uniform in [0, 1)."""
        for version, share in self.shares:
            if draw < share:
                return version
            draw -= share
        return self.shares[0][0]
