"""``up``, ``down`` and ``status``: whole environments on this machine."""

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
    """The preferred port of an environment's load balancer: 8080 for the first, 8090 for the next,
    in the order of their names."""
    names = list(settings.environments())
    return _FIRST_HTTP_PORT + _PORTS_PER_ENVIRONMENT * names.index(environment.name)


def up(env: str, *, unprotected: bool = False) -> str:
    """Bring an environment up and check it; returns the URL of its API.

    With ``unprotected``, its load balancer ignores firewalls, security groups, subnets and routes.
    """
    environment = settings.environment(env)
    deployment.check_inputs()
    package.build(settings.LAMBDA_SRC, settings.PACKAGE)
    console.step("starting the AWS inside the machine")
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
    """Apply the environment, unless a plan of every unit shows that nothing would change."""
    name = resolved.environment.name
    console.step(f"comparing live/{name} with what is there")
    if deployment.is_up_to_date(resolved):
        console.success("nothing to change")
        return
    console.step(f"applying live/{name}")
    verbs.summarize("apply", resolved.environment, deployment.run(resolved, "apply"))


def down() -> None:
    """Stop every process of this checkout's cloud; its state is saved first."""
    cloud = deployment.local_cloud()
    deployment.recover(cloud)
    stopped = cloud.stop()
    if stopped:
        console.success(f"stopped {', '.join(stopped)}; the next up restores what was there")
    else:
        console.note("nothing of this checkout runs")


def status(*, as_json: bool) -> None:
    """Print each process with its state, and where each environment's load balancer answers."""
    processes = deployment.local_cloud().status()
    if as_json:
        console.data_json([asdict(process) for process in processes])
        return
    if not processes:
        console.note("nothing of this checkout runs; ./inv up starts it")
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
            "plain Terragrunt finds it with: export "
            f"AWS_ENDPOINT_URL={endpoint[0]} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
        )
