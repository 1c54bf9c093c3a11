"""The tasks ``up``, ``down`` and ``status``: environments on this machine."""

from __future__ import annotations

from dataclasses import asdict

from rich.table import Table

from terrarium import console, deployment, package, settings, verbs
from terrarium.deployment import Deployment
from terrarium.settings import Environment

_FIRST_HTTP_PORT = 8080
_PORTS_PER_ENVIRONMENT = 10
_SECONDS_TO_ANSWER = 30


def http_port(environment: Environment) -> int:
    """Return the preferred port of an environment's load balancer: 8080, 8090, … by name."""
    names = list(settings.environments())
    return _FIRST_HTTP_PORT + _PORTS_PER_ENVIRONMENT * names.index(environment.name)


def up(env: str, *, unprotected: bool = False) -> str:
    """Apply an environment to the local AWS and test it; return the URL of its API.

    With ``unprotected``, its load balancer ignores firewalls, security groups, subnets and routes.
    """
    environment = settings.environment(env)
    deployment.check_inputs()
    package.build(settings.LAMBDA_SRC, settings.PACKAGE)
    console.step("starting the local AWS")
    resolved = deployment.resolve(environment, "local")
    deployment.bootstrap(resolved, update=False)
    deployment.local_cloud().prefer(
        resolved.account.account_id, http_port=http_port(environment), unprotected=unprotected
    )
    _converge(resolved)
    console.step("smoke test")
    url = verbs.check_api(resolved, wait_seconds=_SECONDS_TO_ANSWER)
    trust = f"--cacert {verbs.trusted(resolved, url)} " if url.startswith("https:") else ""
    console.note(f"try it: curl {trust}{url}/api/foo")
    return url


def _converge(resolved: Deployment) -> None:
    """Apply the environment unless a plan of every unit has no changes."""
    name = resolved.environment.name
    console.step(f"comparing live/{name} with the applied resources")
    if deployment.is_up_to_date(resolved):
        console.success("nothing to change")
        return
    console.step(f"applying live/{name}")
    verbs.summarize("apply", resolved.environment, deployment.run(resolved, "apply"))


def down() -> None:
    """Save the state of the local AWS and stop its processes."""
    cloud = deployment.local_cloud()
    deployment.recover(cloud)
    stopped = cloud.stop()
    if stopped.not_saved:
        console.warning(f"not saved: {', '.join(stopped.not_saved)}")
    if stopped.processes:
        names = ", ".join(stopped.processes)
        console.success(f"stopped {names}; the next up restores its state")
    else:
        console.note("nothing is running in this checkout")


def status(*, as_json: bool) -> None:
    """Print each process with its state and its addresses."""
    processes = deployment.local_cloud().status()
    if as_json:
        console.data_json([asdict(process) for process in processes])
        return
    if not processes:
        console.note("nothing is running in this checkout; ./inv up starts it")
        return
    table = Table("process", "state", "pid", "address", "since (UTC)", box=None, pad_edge=False)
    for process in processes:
        table.add_row(
            process.name,
            process.state,
            str(process.pid),
            " ".join(process.urls),
            process.since[:19].replace("T", " "),
        )
    console.table(table)
    endpoint = next((p.urls for p in processes if p.name == "control-plane" and p.urls), None)
    if endpoint:
        console.note(
            "to use it with plain Terragrunt: export "
            f"AWS_ENDPOINT_URL={endpoint[0]} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
        )
