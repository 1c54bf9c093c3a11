"""The tasks ``plan``, ``apply``, ``destroy``, ``output``, ``bootstrap``, ``deploy-role`` and
``smoke``."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from terrarium import console, deployment, documents, settings
from terrarium import smoke as http_smoke
from terrarium.deployment import Deployment
from terrarium.errors import SmokeError, UsageError
from terrarium.runs import Outcome
from terrarium.settings import Environment
from terrarium.targets import Kind
from terrarium.tree import read_account, read_project

DEPLOY_ROLES = ("plan", "apply")

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class DeployRole:
    """A role that a job of a GitHub workflow assumes."""

    arn: str
    region: str


def plan(env: str, target: str, unit: str | None) -> None:
    """Print the plan of each unit to stdout, in the order of the run."""
    environment = _checked(env, unit)
    deployment.check_inputs()
    outcome = deployment.run(deployment.resolve(environment, target), "plan", unit=unit)
    for ran in sorted(outcome.units, key=lambda unit: unit.started):
        console.data(f"# {environment.name}/{ran.name}")
        console.data("\n".join(ran.lines).strip() + "\n")
    summarize("plan", environment, outcome)


def apply(env: str, target: str, unit: str | None, *, yes: bool) -> None:
    environment = _checked(env, unit)
    deployment.check_inputs()
    resolved = deployment.resolve(environment, target)
    if resolved.target.is_aws and resolved.account.is_protected:
        _confirm(f"apply to {environment.name} on AWS ({resolved.account.account_id})", yes=yes)
    summarize("apply", environment, deployment.run(resolved, "apply", unit=unit))


def destroy(env: str, target: str, unit: str | None, *, yes: bool) -> None:
    environment = _checked(env, unit)
    resolved = deployment.resolve(environment, target)
    if resolved.account.is_protected:
        what = f"{environment.name}/{unit}" if unit else f"all of {environment.name}"
        _confirm(f"destroy {what} ({resolved.account.account_id})", yes=yes)
    summarize("destroy", environment, deployment.run(resolved, "destroy", unit=unit))


def output(env: str, target: str, unit: str | None, *, as_json: bool) -> None:
    """Print the outputs by unit; a unit that was never applied has none."""
    environment = _checked(env, unit)
    states = deployment.resolve(environment, target, read_only=True).states
    states.require_bucket()
    found = {name: states.outputs(name) for name in ((unit,) if unit else environment.units)}
    if as_json:
        console.data_json(
            {name: {key: o.value for key, o in outputs.items()} for name, outputs in found.items()}
        )
        return
    for name, outputs in found.items():
        for key, out in sorted(outputs.items()):
            value = "(sensitive)" if out.is_sensitive else out.value
            console.data(f"{name}.{key} = {value}")


def bootstrap(env: str, target: str) -> None:
    deployment.bootstrap(deployment.resolve(_checked(env, None), target))


def deploy_role(env: str, role: str) -> None:
    """Print ``arn=…`` and ``region=…``, which GitHub reads as the outputs of a step."""
    if role not in DEPLOY_ROLES:
        raise UsageError(f"unknown role {role!r}", hint=f"roles: {', '.join(DEPLOY_ROLES)}")
    found = find_deploy_role(settings.environment(env), role)
    console.data(f"arn={found.arn}")
    console.data(f"region={found.region}")


def find_deploy_role(environment: Environment, role: str) -> DeployRole:
    """Return a role that ``modules/deploy-access`` creates. Raises ConfigurationError."""
    account = read_account(environment)
    prefixes = (name for begin, name in _PARTITIONS.items() if account.region.startswith(begin))
    partition = next(prefixes, "aws")
    name = f"{read_project(environment)}-{environment.name}-{role}"
    arn = f"arn:{partition}:iam::{account.account_id}:role/deploy-access/{name}"
    return DeployRole(arn, account.region)


def smoke(env: str, target: str, *, wait: str) -> None:
    environment = _checked(env, None)
    if not re.fullmatch("[0-9]{1,6}", wait):
        raise UsageError(f"--wait {wait!r} is not a number of seconds", hint="such as 60")
    resolved = deployment.resolve(environment, target, read_only=True)
    check_api(resolved, wait_seconds=int(wait))


def check_api(resolved: Deployment, *, wait_seconds: int) -> str:
    """Run the smoke test against the deployed API and return its URL.

    Raises SmokeError when a check fails or no load balancer is applied.
    """
    url = api_url(resolved, wait_seconds)
    http_smoke.run(
        url,
        documents.load(settings.DOCUMENTS),
        wait_seconds=wait_seconds,
        trusted=trusted(resolved, url),
        on_check=lambda check: console.note(f"  {check}"),
    )
    console.success(f"smoke test of {resolved.environment.name} passed: {url}")
    return url


def api_url(resolved: Deployment, wait_seconds: int) -> str:
    """Return the URL of an environment's API: its load balancer's DNS name or its local port."""
    environment = resolved.environment
    found = resolved.states.outputs("load-balancer").get("dns_name")
    if found is None:
        raise SmokeError(
            f"{environment.name} has no load balancer yet",
            hint=f"apply it first: invoke apply --env {environment.name}",
        )
    if resolved.target.kind is Kind.LOCAL:
        return _local_url(resolved, str(found.value), wait_seconds)
    return f"http://{found.value}"


def trusted(resolved: Deployment, url: str) -> Path | None:
    """Return the certificate to trust if this machine serves the URL over TLS."""
    if resolved.target.kind is not Kind.LOCAL or not url.startswith("https:"):
        return None
    return deployment.local_cloud().certificate(resolved.account.account_id)


def _local_url(resolved: Deployment, dns_name: str, wait_seconds: int) -> str:
    """Return the loopback URL of a load balancer, of its HTTPS listener if it has one.

    Waits, because the load balancer process may not have read the new listener yet.
    """
    cloud = deployment.local_cloud()
    environment = resolved.environment
    deadline = time.monotonic() + wait_seconds
    while True:
        listeners = cloud.listeners(resolved.account.account_id)
        for listener in sorted(listeners, key=lambda each: each.protocol != "HTTPS"):
            if listener.dns_name == dns_name and listener.obstacle is not None:
                raise SmokeError(
                    f"on AWS no client could reach the load balancer of {environment.name}: "
                    f"{listener.obstacle}",
                    hint="correct it, or ignore it with: "
                    f"./inv up --env {environment.name} --unprotected",
                )
            if listener.dns_name == dns_name:
                return listener.url
        if time.monotonic() > deadline:
            raise SmokeError(
                f"nothing on this machine serves the load balancer of {environment.name}",
                hint=f"start it: ./inv up --env {environment.name}",
            )
        time.sleep(_POLL_SECONDS)


def _checked(env: str, unit: str | None) -> Environment:
    environment = settings.environment(env)
    if unit is not None:
        environment.unit(unit)
    return environment


def _confirm(what: str, *, yes: bool) -> None:
    """Ask for confirmation. Raises UsageError without a terminal and for any answer but yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"refusing to {what} without a confirmation", hint="add --yes")
    if console.ask(f"{what}? Type yes: ") != "yes":
        raise UsageError(f"not confirmed: {what}", hint="nothing was changed")


def summarize(verb: str, environment: Environment, outcome: Outcome) -> None:
    console.success(f"{verb} of {environment.name}: {outcome.total}")
