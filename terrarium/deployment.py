"""What every task that touches AWS does first: decide the target, say it, check who we are and
that nothing is wrong with what would be deployed. Then run, and account for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from local_aws.local import LocalCloud

from terrarium import console, documents, identity, runs, settings, toolchain
from terrarium.errors import BusyError
from terrarium.identity import Account
from terrarium.journal import Journal, end_left_over_processes
from terrarium.settings import Environment
from terrarium.targets import Kind, Target, choose, has_aws_credentials
from terrarium.terraform.state import States
from terrarium.tree import read_account, read_backends

CHANGING = frozenset({"apply", "destroy"})


@dataclass(frozen=True, slots=True)
class Deployment:
    """An environment on a target whose account was verified.

    ``environ`` are the environment variables for Terragrunt there.
    """

    environment: Environment
    account: Account
    target: Target
    environ: dict[str, str]
    states: States


def resolve(environment: Environment, requested: str, *, reads: bool = False) -> Deployment:
    """Decide the target and verify the identity; prints target, account and Region first.

    A local target is started if need be. Who only ``reads`` may do so while another task changes
    it. Raises UsageError, IdentityError, CloudError.
    """
    choice = choose(requested, os.environ, has_aws_credentials)
    account = read_account(environment)
    target = _reach(choice.kind, reads=reads)
    where = f" at {target.endpoint_url}" if target.endpoint_url else ""
    console.note(
        f"target {target.kind.value}{where} ({choice.reason}), "
        f"account {account.account_id}, region {account.region}"
    )
    environ = target.environ(toolchain.environ())
    # The bucket is made by bootstrap; Terragrunt need not look for it before each init.
    environ["TG_DISABLE_BUCKET_UPDATE"] = "true"
    _become(environ)
    if target.kind is not Kind.LOCAL:  # there, every credential leads into the account
        identity.verify(account, target, (environment.path / "env.hcl").relative_to(settings.ROOT))
    backends = read_backends(environment, environ)
    return Deployment(environment, account, target, environ, States(environment, backends, environ))


def _become(environ: dict[str, str]) -> None:
    """From here on this process sees the target as Terraform will: one task has one target."""
    os.environ.clear()
    os.environ.update(environ)


def bootstrap(deployment: Deployment, *, update: bool = True) -> None:
    """Make the state bucket of the environment's account unless it is there; with ``update``, one
    that is there is protected as a new one would be. Says what was done, if anything."""
    done = deployment.states.bootstrap(update=update, owner=deployment.account.account_id)
    if done.made:
        console.success(f"made the state bucket {done.bucket}: {', '.join(done.given)}")
    elif done.given:
        console.success(f"the state bucket {done.bucket} was given: {', '.join(done.given)}")
    elif update:
        console.note(f"the state bucket {done.bucket} has all it needs; nothing was changed")


def _reach(kind: Kind, *, reads: bool) -> Target:
    if kind is Kind.LOCAL:
        return start_local(reads=reads)
    return Target(kind, os.environ["AWS_ENDPOINT_URL"] if kind is Kind.ENDPOINT else None)


def start_local(*, reads: bool = False) -> Target:
    """Start the AWS inside the machine unless it runs; what a killed task left is put right.

    Raises BusyError while a task is at work, except for who only ``reads``.
    """
    # It takes as long to import as the control plane takes to start.
    threading.Thread(target=import_module, args=("boto3",), daemon=True).start()
    cloud = LocalCloud(settings.STATE_DIR)
    try:
        recover(cloud)
    except BusyError:
        if not reads:
            raise
        return Target(Kind.LOCAL, cloud.url())  # not started: that is for who is at work
    endpoint = cloud.start()
    if endpoint.recovered:
        console.warning("the cloud had ended without being stopped; it is back as last saved")
    return Target(Kind.LOCAL, endpoint.url)


def recover(cloud: LocalCloud) -> None:
    """Put the cloud back to its last snapshot if a task was killed while it changed it."""
    with Journal(settings.STATE_DIR).recovering() as interrupted:
        if interrupted is None:
            return
        console.warning(
            f"'{interrupted.command}' was killed at work: its changes since the last snapshot "
            "are discarded; ./inv up --env ENV serves an environment again"
        )
        end_left_over_processes(settings.LIVE)
        cloud.discard_changes()


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
    """Run a verb over the environment or one unit. A plan of the whole environment leaves each
    unit's as JSON in ``<plans>/<unit>/tfplan.json``, where that is asked for.

    Raises StateLockedError before anything runs when somebody holds a lock, and TerraformError
    with a summary when a unit fails.
    """
    environment = deployment.environment
    units = (unit,) if unit else environment.units
    deployment.states.require_bucket()
    deployment.states.require_unlocked(units)
    flags = () if plans is None else ("--json-out-dir", str(plans))
    with _accounted(deployment, verb):
        outcome = runs.run(environment, verb, deployment.environ, unit=unit, flags=flags)
    if outcome.exit_code not in (0, 2) or outcome.failed:
        deployment.states.require_unlocked(units)
        runs.report_failure(environment, verb, outcome)
    return outcome


def is_up_to_date(deployment: Deployment) -> bool:
    """Whether applying would change nothing: every unit was applied, and its plan is empty.

    Where nothing changes upstream, outputs stay what they are, so no unit has to wait for another
    to be planned. False where anything is different, unclear or wrong.
    """
    environment = deployment.environment
    if not all(deployment.states.outputs(unit) for unit in environment.units):
        return False
    deployment.states.require_unlocked(environment.units)
    outcome = runs.run(
        environment,
        "plan",
        toolchain.comparing(deployment.environ),
        arguments=("-detailed-exitcode", "-lock=false"),
        flags=runs.COMPARING,
    )
    return outcome.exit_code == 0


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
