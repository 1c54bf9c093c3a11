"""Reads the load balancers and functions of one account and Region."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from local_aws.errors import CloudError
from local_aws.iam.principal import LOG_SERVICE
from local_aws.lambda_runtime.environment_variables import Credentials
from local_aws.lambda_runtime.function_version import Target
from local_aws.lambda_runtime.lambda_api import read_targets
from local_aws.load_balancer.change_feed import ChangeFeed, InvocationPort
from local_aws.load_balancer.configuration import Configuration
from local_aws.load_balancer.configuration_reader import read_configuration
from local_aws.load_balancer.network_context import NetworkContextReader
from local_aws.waf.web_acl import WebAcl

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient
    from mypy_boto3_wafv2 import WAFV2Client

_log = logging.getLogger(__name__)

_ROLE = "arn:aws:iam::{account}:role/local-aws"
_RENEW_SECONDS = 300.0
_EXECUTION_RENEW_SECONDS = 1800.0
_ANY_KEYS = Credentials("test", "test", "", math.inf)
_UNKNOWN_CREDENTIALS = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"}

_UNREADABLE = (ResponseParserError, AttributeError, LookupError, TypeError, ValueError)
"""Errors while reading an answer that is not AWS's; the load balancer serves on."""

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=15,
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=20,
    parameter_validation=False,
    disable_request_compression=True,
)
"""One attempt: the next reading or delivery is the retry."""


class ClientFactory:
    """boto3 clients of one endpoint; safe to use from several threads.

    They share one session: it holds the service models, which are most of their memory.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._session = boto3.session.Session()
        self._lock = threading.Lock()

    def client(self, service: Any, region: str, credentials: Credentials | None = None) -> Any:
        """Return a client with these credentials, or with those of the environment."""
        with self._lock:
            return self._session.client(
                service,
                region,
                endpoint_url=self._endpoint_url,
                aws_access_key_id=credentials.access_key_id if credentials else None,
                aws_secret_access_key=credentials.secret_access_key if credentials else None,
                aws_session_token=credentials.session_token if credentials else None,
                config=_CONFIG,
            )


@dataclass(frozen=True, slots=True)
class Reading:
    """``generation`` changes when the control plane has forgotten its sessions.

    ``web_acls`` are by load balancer ARN; ``mark`` is that of the control plane before the reading,
    None from another control plane.
    """

    configuration: Configuration
    targets: Mapping[str, Target]
    generation: int
    web_acls: Mapping[str, WebAcl] = field(default_factory=dict)
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class _Clients:
    elbv2: ElasticLoadBalancingv2Client
    functions: LambdaClient
    logs: CloudWatchLogsClient
    metrics: CloudWatchClient
    sts: STSClient
    ec2: EC2Client
    waf: WAFV2Client
    expires_at: float


class Account:
    """Reads load balancers and functions; safe to use from several threads."""

    def __init__(
        self,
        endpoint_url: str,
        region: str,
        account: str | None,
        *,
        clients: ClientFactory | None = None,
        unprotected: bool = False,
        token: str = "",
    ) -> None:
        """Without an ``account``, use the environment's credentials and their account.

        ``unprotected`` ignores firewalls, security groups, subnets and routes; ``token`` is that
        of our control plane.
        """
        self.region = region
        self._endpoint_url = endpoint_url
        self._factory = clients or ClientFactory(endpoint_url)
        self._account = account
        self._feed = ChangeFeed(endpoint_url, token)
        self._runtime: InvocationPort | None = None
        self._lock = threading.RLock()
        self._clients: _Clients | None = None
        self._delivery: tuple[S3Client, float] | None = None
        self._execution: dict[tuple[str, str], Credentials] = {}
        self._generation = 0
        self._network = None if unprotected else NetworkContextReader()

    def run_functions_at(self, runtime: InvocationPort) -> None:
        """Register this port with our control plane, from the next reading on."""
        self._runtime = runtime

    def read(self, known: str | None) -> Reading | None:
        """Return the configuration, or None if it has not changed since the mark ``known``.

        Raises CloudError when the control plane does not answer, or not as AWS does.
        """
        mark = self._feed.mark()
        with self._errors():
            if mark is not None and self._runtime is not None:
                account = self._account or self._caller_account()
                self._feed.register(self._runtime, mark, account=account, region=self.region)
            if mark is not None and mark == known:
                return None
            configuration = self._read_configuration()
            clients = self._current()
            targets = read_targets(clients.functions, configuration.function_arns)
            if self._network is None:
                return Reading(configuration, targets, self._generation, mark=mark)
            found = self._network.read(clients.ec2, clients.waf, self.region, configuration)
        return Reading(
            found.with_client_obstacles(configuration),
            {arn: found.with_s3_obstacles(target) for arn, target in targets.items()},
            self._generation,
            found.web_acls,
            mark,
        )

    def read_target(self, arn: str) -> Target | None:
        """Return the function that the ARN names, or None. Raises CloudError."""
        with self._errors():
            clients = self._current()
            target = read_targets(clients.functions, [arn]).get(arn)
            if target is None or self._network is None:
                return target
            return self._network.read_target(clients.ec2, self.region, target)

    def logs(self) -> CloudWatchLogsClient:
        return self._current().logs

    def logs_as(self, role: str, function: str) -> CloudWatchLogsClient:
        """Return a client with a function's role. Raises CloudError if it cannot be assumed."""
        given = self.execution_credentials(role, function)
        with self._lock:
            client: CloudWatchLogsClient = self._client("logs", given)
            return client

    def metrics(self) -> CloudWatchClient:
        return self._current().metrics

    def log_delivery(self) -> S3Client:
        """Return a client that acts for the service that delivers load balancer logs."""
        with self._lock:
            if self._delivery is None or self._delivery[1] - time.time() < _RENEW_SECONDS:
                credentials = self._account_credentials(LOG_SERVICE)
                self._delivery = self._client("s3", credentials), _end(credentials)
            return self._delivery[0]

    def execution_credentials(self, role: str, function: str) -> Credentials:
        """Assume a function's execution role, in a session named after the function, as on AWS.

        Raises CloudError if the role cannot be assumed.
        """
        with self._lock:
            known = self._execution.get((role, function))
            if known is None or known.expires_at - time.time() < _EXECUTION_RENEW_SECONDS:
                try:
                    # A session's name has at least two characters, a function's may have one.
                    known = _assume(self._current().sts, role, function.ljust(2, "-"))
                except (BotoCoreError, ClientError, *_UNREADABLE) as error:
                    raise CloudError(f"the role {role} cannot be assumed: {error}") from error
                self._execution[role, function] = known
            return known

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise CloudError(f"{self._endpoint_url}: {error}") from error
        except _UNREADABLE as error:
            raise CloudError(f"{self._endpoint_url} does not answer as AWS: {error!r}") from error

    def _current(self) -> _Clients:
        with self._lock:
            if self._clients is None or self._clients.expires_at - time.time() < _RENEW_SECONDS:
                self._clients = self._connect()
            return self._clients

    def _connect(self) -> _Clients:
        credentials = self._account_credentials("local-aws-load-balancer")
        return _Clients(
            elbv2=self._client("elbv2", credentials),
            functions=self._client("lambda", credentials),
            logs=self._client("logs", credentials),
            metrics=self._client("cloudwatch", credentials),
            sts=self._client("sts", credentials),
            ec2=self._client("ec2", credentials),
            waf=self._client("wafv2", credentials),
            expires_at=_end(credentials),
        )

    def _client(self, service: str, credentials: Credentials | None) -> Any:
        return self._factory.client(service, self.region, credentials)

    def _account_credentials(self, session: str) -> Credentials | None:
        """Assume the account's role; None stands for the credentials of the environment."""
        if self._account is None:
            return None
        # Not the caller's credentials: they must not reach another control plane.
        sts = self._client("sts", _ANY_KEYS)
        return _assume(sts, _ROLE.format(account=self._account), session)

    def _read_configuration(self) -> Configuration:
        """Read; assume the role again if the control plane has forgotten the session.

        Our control plane refuses an unknown session; plain moto uses its default account for it.
        """
        try:
            configuration = read_configuration(self._current().elbv2)
            if configuration.listeners or self._is_in_account():
                return configuration
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _UNKNOWN_CREDENTIALS:
                raise
        self._forget()
        return read_configuration(self._current().elbv2)

    def _is_in_account(self) -> bool:
        return self._account in {None, self._caller_account()}

    def _caller_account(self) -> str:
        return self._current().sts.get_caller_identity()["Account"]

    def _forget(self) -> None:
        with self._lock:
            _log.info("the control plane does not know our credentials: assuming the role again")
            self._clients = None
            self._delivery = None
            self._execution.clear()
            self._generation += 1


def _end(credentials: Credentials | None) -> float:
    return math.inf if credentials is None else credentials.expires_at


def _assume(sts: STSClient, role: str, session: str) -> Credentials:
    answer = sts.assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
    return Credentials(
        answer["AccessKeyId"],
        answer["SecretAccessKey"],
        answer["SessionToken"],
        answer["Expiration"].timestamp(),
    )
