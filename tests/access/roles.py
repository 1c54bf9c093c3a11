"""The deploy roles of an environment, and IAM's decisions for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_aws.iam.evaluation import Policies, decide
from local_aws.iam.principal import Caller
from local_aws.iam.statement import AccessRequest, Policy

from terrarium import settings
from terrarium.tree import read_project
from tests.access.required import Need, Required, load

REGION = "eu-west-1"
PROJECT = read_project(settings.environment("dev"))


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its policies and its permissions boundary."""

    arn: str
    policies: tuple[Policy, ...]
    boundary: Policy

    @property
    def actions(self) -> set[str]:
        """The actions in its policies."""
        return {a for policy in self.policies for each in policy.statements for a in each.actions}

    def may(self, request: AccessRequest) -> bool:
        account = request.caller.account
        return decide(
            request, Policies(account, identity=self.policies, boundary=self.boundary)
        ).allowed

    def may_at_most(self, request: AccessRequest) -> bool:
        """Return whether the boundary would allow the request with any policy."""
        return decide(request, Policies(request.caller.account, boundary=self.boundary)).allowed


@dataclass(frozen=True, slots=True)
class Access:
    """The deploy access of an environment: names, roles and required permissions."""

    environment: str
    account: str
    plan: Role
    apply: Role

    @property
    def name(self) -> str:
        return f"{PROJECT}-{self.environment}"

    @property
    def boundary_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:policy/deploy-access/{self.name}-boundary"

    @property
    def state_bucket(self) -> str:
        return f"arn:aws:s3:::{PROJECT}-state-{self.account}-{REGION}"

    @property
    def states(self) -> str:
        return f"{self.state_bucket}/live/{self.environment}"

    @property
    def required(self) -> Required:
        return load(
            name=self.name,
            project=PROJECT,
            environment=self.environment,
            account=self.account,
            here=f"{REGION}:{self.account}",
        )

    def fill(self, arn: str) -> str:
        return arn.format(
            name=self.name,
            account=self.account,
            here=f"{REGION}:{self.account}",
            boundary=self.boundary_arn,
            state_bucket=self.state_bucket,
            states=self.states,
        )

    def request(
        self,
        action: str,
        resource: str,
        *,
        service: str = "",
        changed: Mapping[str, str] | None = None,
    ) -> AccessRequest:
        """Return a request as Terraform makes it; ``changed`` replaces condition keys.

        ``service`` gets the role or uses the key; by default S3 uses it.
        """
        via = service.partition(".")[0] or "s3"
        tags = {"Project": PROJECT, "Environment": self.environment}
        context = {
            "aws:RequestedRegion": REGION,
            "aws:ResourceAccount": self.account,
            "iam:PermissionsBoundary": self.boundary_arn,
            "iam:PassedToService": service,
            "iam:AWSServiceName": service,
            "kms:GrantIsForAWSResource": "true",
            "kms:ViaService": f"{via}.{REGION}.amazonaws.com",
            **{f"aws:RequestTag/{tag}": value for tag, value in tags.items()},
            **{f"aws:ResourceTag/{tag}": value for tag, value in tags.items()},
            **(changed or {}),
        }
        return AccessRequest(
            Caller(self.account),
            action,
            resource,
            {key.lower(): (value,) for key, value in context.items()},
        )

    def on(self, verb: str, s3_object: str) -> AccessRequest:
        return self.request(f"s3:{verb}Object", s3_object)

    def meets(self, role: Role, need: Need) -> bool:
        return role.may(self.request(need.action, need.arn, service=need.service))
