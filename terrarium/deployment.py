"""What every task that touches AWS does first: decide the target, say it, check who we are and
that nothing is wrong with what would be deployed. Then run, and account for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from terrarium import console, documents, identity, runs, settings, state, toolchain
from terrarium.cloud.local import LocalCloud
from terrarium.identity import Account
from terrarium.journal import Journal, end_left_over_processes
from terrarium.settings import Environment
from terrarium.targets import Kind, Target, choose, has_aws_credentials
from terrarium.tree import read_account, read_backend

if TYPE_CHECKING:
    import boto3

CHANGING = frozenset({"apply", "destroy"})


@dataclass(frozen=True, slots=True)
class Deployment:
    """An environment, on a target, with a session whose account was verified."""

    environment: Environment
    account: Account
    target: Target
    session: boto3.Session

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables for Terragrunt."""
        environ = self.target.environ(toolchain.environ())
        # tasks make the bucket (up, bootstrap); Terragrunt need not look for it before each init
        return environ | {"TG_DISABLE_BUCKET_UPDATE": "true"}

    @property
    def states(self) -> state.States:
        """The state objects of the environment's units."""
        backend = read_backend(self.environment, self.target)
        client = self.session.client("s3", endpoint_url=self.target.endpoint_url)
        return state.States(client, backend, self.environment)


def resolve(environment: Environment, requested: str) -> Deployment:
    """Decide the target and verify the identity; prints target, account and Region first.

    A local target is started if need be. Raises UsageError, IdentityError, CloudError.
    """
    choice = choose(requested, os.environ, has_aws_credentials)
    account = read_account(environment)
    target = _reach(choice.kind)
    where = f" at {target.endpoint_url}" if target.endpoint_url else ""
    console.note(
        f"target {target.kind.value}{where} ({choice.reason}), "
        f"account {account.account_id}, region {account.region}"
    )
    source = (environment.path / "env.hcl").relative_to(settings.ROOT)
    return Deployment(environment, account, target, identity.session(account, target, str(source)))


def _reach(kind: Kind) -> Target:
    if kind is Kind.LOCAL:
        return start_local()
    return Target(kind, os.environ["AWS_ENDPOINT_URL"] if kind is Kind.ENDPOINT else None)


def start_local() -> Target:
    """Start the AWS inside the machine unless it runs; what a killed task left is put right."""
    cloud = LocalCloud(settings.STATE_DIR)
    recover(cloud)
    return Target(Kind.LOCAL, cloud.start().url)


def recover(cloud: LocalCloud) -> None:
    """Put the cloud back to its last snapshot if a task was killed while it changed it."""
    with Journal(settings.STATE_DIR).recovering() as interrupted:
        if interrupted is None:
            return
        console.warning(
            f"'{interrupted.command}' was killed at work: its changes since the last snapshot "
            "are discarded"
        )
        end_left_over_processes(settings.LIVE)
        cloud.discard_changes()


def check_inputs() -> None:
    """Refuse what could not be served before anything is planned. Raises DocumentError."""
    documents.check(settings.DOCUMENTS)


def run(
    deployment: Deployment,
    verb: str,
    *,
    unit: str | None = None,
    arguments: tuple[str, ...] = (),
) -> runs.Outcome:
    """Run a verb over the environment or one unit.

    Raises StateLockedError before anything runs when somebody holds a lock, and TerraformError
    with a summary when a unit fails.
    """
    environment = deployment.environment
    units = (unit,) if unit else environment.units
    deployment.states.require_bucket()
    deployment.states.require_unlocked(units)
    with _accounted(deployment, verb):
        outcome = runs.run(environment, verb, deployment.environ, unit=unit, arguments=arguments)
    if outcome.exit_code not in (0, 2) or outcome.failed:
        deployment.states.require_unlocked(units)
        runs.report_failure(environment, verb, outcome)
    return outcome


@contextmanager
def _accounted(deployment: Deployment, verb: str) -> Iterator[None]:
    """On the machine's own cloud a change is noted in the journal, and saved when it ended."""
    if verb not in CHANGING or deployment.target.kind is not Kind.LOCAL:
        yield
        return
    cloud = LocalCloud(settings.STATE_DIR)
    cloud.save()
    with Journal(settings.STATE_DIR).changing(f"{verb} of {deployment.environment.name}"):
        yield
    cloud.save()
