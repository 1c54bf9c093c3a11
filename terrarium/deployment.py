"""An environment on a target: choose the target, check the account, run Terragrunt there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_aws import LocalCloud

from terrarium import console, documents, identity, runs, settings, toolchain
from terrarium.errors import BusyError
from terrarium.identity import Account
from terrarium.journal import Journal, end_left_over_processes
from terrarium.settings import Environment
from terrarium.states import States
from terrarium.targets import ENDPOINT_VARIABLE, Kind, Target, choose, has_aws_credentials
from terrarium.tree import read_account, read_backends

CHANGING = frozenset({"apply", "destroy"})


@dataclass(frozen=True, slots=True)
class Deployment:
    """An environment on a target whose account was checked.

    ``environ`` are the environment variables for Terragrunt and AWS clients.
    """

    environment: Environment
    account: Account
    target: Target
    environ: dict[str, str]
    states: States


def resolve(environment: Environment, requested: str, *, read_only: bool = False) -> Deployment:
    """Choose the target and check the account; prints target, account and Region first.

    Starts the local AWS if needed. With ``read_only``, another task may be changing it. Raises
    UsageError, IdentityError, CloudError.
    """
    choice = choose(requested, os.environ, has_aws_credentials)
    account = read_account(environment)
    if choice.kind is Kind.LOCAL:
        target = start_local(read_only=read_only)
    else:
        endpoint = os.environ[ENDPOINT_VARIABLE] if choice.kind is Kind.ENDPOINT else None
        target = Target(choice.kind, endpoint)
    where = f" at {target.endpoint_url}" if target.endpoint_url else ""
    console.note(
        f"target {target.kind.value}{where} ({choice.reason}), "
        f"account {account.account_id}, region {account.region}"
    )
    environ = target.environ(toolchain.environ())
    # bootstrap makes the bucket, so Terragrunt does not have to look for it before each init.
    environ["TG_DISABLE_BUCKET_UPDATE"] = "true"
    if target.kind is not Kind.LOCAL:  # local credentials always match the account
        source = (environment.path / "env.hcl").relative_to(settings.ROOT)
        identity.verify(account, target, environ, source)
    backends = read_backends(environment, environ)
    return Deployment(environment, account, target, environ, States(environment, backends, environ))


def bootstrap(deployment: Deployment, *, update: bool = True) -> None:
    """Create the state bucket if it is missing, and print what was done.

    With ``update``, an existing bucket gets the protection that a new one has.
    """
    done = deployment.states.bootstrap(update=update, owner=deployment.account.account_id)
    if done.created:
        console.success(f"created the state bucket {done.bucket}: {', '.join(done.applied)}")
    elif done.applied:
        console.success(f"added to the state bucket {done.bucket}: {', '.join(done.applied)}")
    elif update:
        console.note(f"the state bucket {done.bucket} is complete; nothing was changed")


def local_cloud() -> LocalCloud:
    """Return the local AWS of this checkout."""
    return LocalCloud(settings.STATE_DIR / "cloud")


def start_local(*, read_only: bool = False) -> Target:
    """Start the local AWS if it is not running, and undo what a killed task left.

    Raises BusyError while another task runs, unless ``read_only``.
    """
    cloud = local_cloud()
    try:
        recover(cloud)
    except BusyError:
        if not read_only:
            raise
        return Target(Kind.LOCAL, cloud.url())  # the running task starts the cloud
    endpoint = cloud.start()
    if endpoint.recovered:
        console.warning("the local AWS had ended without being stopped; restored its last snapshot")
    return Target(Kind.LOCAL, endpoint.url)


def recover(cloud: LocalCloud) -> None:
    """Restore the last snapshot of the local AWS if a task was killed while it changed it."""
    with Journal(settings.STATE_DIR).recovering() as interrupted:
        if interrupted is None:
            return
        console.warning(
            f"'{interrupted.command}' was killed: its changes since the last snapshot "
            "are discarded; ./inv up --env ENV applies an environment again"
        )
        end_left_over_processes(settings.LIVE)
        cloud.stop(save=False)


def check_inputs() -> None:
    """Refuse documents that the API could not serve, before planning. Raises DocumentError."""
    documents.load(settings.DOCUMENTS)


def run(
    deployment: Deployment,
    verb: str,
    *,
    unit: str | None = None,
    plans: Path | None = None,
) -> runs.Outcome:
    """Run a verb in every unit of the environment, or in one.

    With ``plans``, a plan of the whole environment writes each unit's plan to
    ``<plans>/<unit>/tfplan.json``.

    Raises StateLockedError before anything runs if a unit is locked, and TerraformError with a
    summary when a unit fails.
    """
    environment = deployment.environment
    units = (unit,) if unit else environment.units
    deployment.states.require_bucket()
    deployment.states.require_unlocked(units)
    flags = () if plans is None else ("--json-out-dir", str(plans))
    with _recorded(deployment, verb):
        outcome = runs.run(environment, verb, deployment.environ, unit=unit, flags=flags)
    if outcome.exit_code not in (0, 2) or outcome.failed:
        deployment.states.require_unlocked(units)
        runs.report_failure(environment, verb, outcome)
    return outcome


def is_up_to_date(deployment: Deployment) -> bool:
    """Return whether every unit was applied and its plan is empty.

    If nothing changes upstream, outputs stay the same, so units are planned without waiting for
    their dependencies. Returns False if anything differs or fails.
    """
    environment = deployment.environment
    if not all(deployment.states.outputs(unit) for unit in environment.units):
        return False
    deployment.states.require_unlocked(environment.units)
    outcome = runs.run(
        environment,
        "plan",
        toolchain.without_provider_check(deployment.environ),
        arguments=("-detailed-exitcode", "-lock=false"),
        flags=runs.COMPARING,
    )
    return outcome.exit_code == 0


@contextmanager
def _recorded(deployment: Deployment, verb: str) -> Iterator[None]:
    """Note a change of the local AWS in the journal, and save a snapshot before and after it."""
    if verb not in CHANGING or deployment.target.kind is not Kind.LOCAL:
        yield
        return
    cloud = local_cloud()
    cloud.save()
    with Journal(settings.STATE_DIR).changing(f"{verb} of {deployment.environment.name}"):
        yield
    cloud.save()
