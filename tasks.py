"""The commands of this repository. Each parses its arguments and calls ``terrarium``.

``./inv TASK`` makes the Python environment first; after ``. .venv/bin/activate``, ``invoke TASK``
does the same. ``invoke TASK --help`` explains a task; ``invoke --debug TASK`` shows tracebacks.
"""

from __future__ import annotations

import errno
import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from terrarium import console
from terrarium.errors import DiskError

ENV = "Environment: a folder of live/ with an env.hcl, such as dev or prod."
TARGET = (
    "aws, local, or auto: AWS_ENDPOINT_URL if set, else AWS if credentials are found, "
    "else the local AWS."
)
UNIT = "One unit, such as network; by default all units, in dependency order."
YES = "Do not ask for a confirmation; required without a terminal."
JSON = "JSON on stdout, for scripts."


def command(**arguments: Any) -> Callable[[Callable[..., None]], Any]:
    """Declare an invoke task that shows an error as one line instead of a traceback."""

    def decorate(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                with _disk():
                    function(*args, **kwargs)
            except console.person_errors() as error:
                if logging.getLogger("invoke").isEnabledFor(logging.DEBUG):
                    console.debug_traceback()
                console.failure(error)
                raise Exit(code=error.exit_code) from None
            except KeyboardInterrupt:
                console.note("stopped")
                raise Exit(code=130) from None

        # invoke would make every argument without a default positional, and take --help for it.
        return task(**{"positional": (), **arguments})(run)

    return decorate


@contextmanager
def _disk() -> Iterator[None]:
    """Turn a failed write into DiskError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        where = f"{error.filename}: " if error.filename else ""
        raise DiskError(
            f"{where}{error.strerror}", hint="make room, or make .terrarium writable; run it again"
        ) from error


@command(
    help={
        "env": ENV,
        "unprotected": "Ignore firewalls, security groups and routes; "
        "by default they apply as on AWS.",
    }
)
def up(c: Context, env: str = "dev", unprotected: bool = False) -> None:
    """Run a whole environment on this machine: no account, no Docker.

    Builds the zip, starts the local AWS, applies every unit of live/ENV to it with Terraform,
    starts the load balancer, runs the smoke test through it and prints the URL of the API. A
    second run compares and changes nothing. `down` stops it and keeps its state.
    """
    from terrarium import local

    console.data(local.up(env, unprotected=unprotected))


@command()
def down(c: Context) -> None:
    """Stop everything that `up` started, and save the state of the local AWS.

    The next `up` restores it.
    """
    from terrarium import local

    local.down()


@command(help={"json": JSON})
def status(c: Context, json: bool = False) -> None:
    """List the running processes and their addresses."""
    from terrarium import local

    local.status(as_json=json)


@command(help={"output": "The zip to write, without printing it; by default build/lambda.zip."})
def build(c: Context, output: str | None = None) -> None:
    """Build the Lambda zip from lambda_src/ and print its path.

    The zip has the same bytes on every machine. A Terragrunt hook of the unit `function` builds it.
    """
    from terrarium import package, settings

    built = package.build(settings.LAMBDA_SRC, Path(output) if output else settings.PACKAGE)
    if output is None:
        console.note(f"{built.size} bytes, sha256 {built.sha256_base64}")
        console.data(str(built.path))


@command(help={"output": "A folder to fill with exactly the documents, without printing them."})
def documents(c: Context, output: str | None = None) -> None:
    """Check every document: its name, its size, and that it is strict JSON.

    A Terragrunt hook of the unit `storage` runs it with --output.
    """
    from terrarium import documents, settings

    if output is not None:
        documents.mirror(settings.DOCUMENTS, Path(output))
        return
    for document in documents.load(settings.DOCUMENTS):
        console.data(f"{document.path.name}: {len(document.content)} bytes")


@command(help={"env": ENV, "target": TARGET, "unit": UNIT})
def plan(c: Context, env: str, target: str = "auto", unit: str | None = None) -> None:
    """Show what apply would change in every unit of an environment, or in one.

    Example: invoke plan --env dev --unit network
    """
    from terrarium import verbs

    verbs.plan(env, target, unit)


@command(help={"env": ENV, "target": TARGET, "unit": UNIT, "yes": YES})
def apply(
    c: Context, env: str, target: str = "auto", unit: str | None = None, yes: bool = False
) -> None:
    """Apply every unit of an environment in dependency order, or one.

    Asks for a confirmation before it changes prod on AWS.
    """
    from terrarium import verbs

    verbs.apply(env, target, unit, yes=yes)


@command(help={"env": ENV, "target": TARGET, "unit": UNIT, "yes": YES})
def destroy(
    c: Context, env: str, target: str = "auto", unit: str | None = None, yes: bool = False
) -> None:
    """Destroy every unit of an environment, dependents first, or one.

    Asks for a confirmation before it destroys prod, on every target. The state bucket stays.
    """
    from terrarium import verbs

    verbs.destroy(env, target, unit, yes=yes)


@command(help={"env": ENV, "target": TARGET, "unit": UNIT, "json": JSON})
def output(
    c: Context, env: str, target: str = "auto", unit: str | None = None, json: bool = False
) -> None:
    """Print the outputs of an environment's units, from their states.

    Sensitive values are hidden, except with --json.
    """
    from terrarium import verbs

    verbs.output(env, target, unit, as_json=json)


@command(help={"env": ENV, "target": TARGET})
def bootstrap(c: Context, env: str, target: str = "auto") -> None:
    """Create the state bucket of an environment's account, before the first apply on AWS.

    The bucket has versions, encryption, TLS only and no public access. It keeps old versions for 90
    days, and the last twenty for ever. An existing bucket gets the settings that it lacks and keeps
    stricter ones. Safe to repeat and to interrupt. `up` does this for the local AWS.
    """
    from terrarium import verbs

    verbs.bootstrap(env, target)


@command(help={"env": ENV, "role": "plan or apply."})
def deploy_role(c: Context, env: str, role: str) -> None:
    """Print ARN and Region of a deploy role, as outputs of a step of a GitHub workflow."""
    from terrarium import verbs

    verbs.deploy_role(env, role)


@command(
    help={"env": ENV, "target": TARGET, "wait": "Seconds to wait until the API answers."},
)
def smoke(c: Context, env: str, target: str = "auto", wait: str = "60") -> None:
    """Check a deployed API over HTTP, through its load balancer."""
    from terrarium import verbs

    verbs.smoke(env, target, wait=wait)


@command(
    help={
        "env": ENV,
        "target": TARGET,
        "since": "How far back: 90s, 5m, 2h, 1d.",
        "filter": "A filter pattern of CloudWatch Logs, such as ERROR or '{ $.status = 500 }'.",
        "follow": "Print new events too, until Ctrl-C.",
    }
)
def logs(
    c: Context,
    env: str,
    target: str = "auto",
    since: str = "10m",
    filter: str = "",
    follow: bool = False,
) -> None:
    """Print the log of an environment's function from CloudWatch Logs, oldest event first."""
    from terrarium import function_logs

    function_logs.show(env, target, since=since, pattern=filter, follow=follow)


@command(
    positional=["name"],
    help={
        "name": "The new name: 2 to 20 lowercase letters, digits and hyphens.",
        "yes": "Rename although there are uncommitted changes.",
    },
)
def rename(c: Context, name: str, yes: bool = False) -> None:
    """Turn a fork into a project with its own name.

    Example: invoke rename greenhouse
    """
    from terrarium import rename

    rename.rename(name, yes=yes)


@command(help={"json": JSON})
def doctor(c: Context, json: bool = False) -> None:
    """Check the machine: Terraform, Terragrunt, providers, credentials, ports.

    Prints a command to fix each problem, and exits with 1 if there is one.
    """
    from terrarium import doctor

    doctor.run(as_json=json)


@command(
    help={
        "tier": "unit, contract, terraform, e2e, soak, or several separated by commas; "
        "by default all but soak.",
        "options": "More options for pytest, in one string: --options '-k names -x'.",
    }
)
def test(c: Context, tier: str | None = None, options: str = "") -> None:
    """Run the tests on every core: unit, contract, terraform, e2e (the local AWS), soak (slow)."""
    from terrarium import quality

    quality.test(tier, options)


@command()
def check(c: Context) -> None:
    """Run every quality gate that needs no cloud: lint, types, formatting, contracts."""
    from terrarium import quality

    quality.check()


@command(
    help={
        "env": "Environment; by default all of them.",
        "target": "Where to plan: local, aws or auto.",
        "json": JSON,
    }
)
def policy(c: Context, env: str | None = None, target: str = "local", json: bool = False) -> None:
    """Check the modules and the plans with checkov and the rules of terrarium/policy.

    Prints a line for each failure and exits with 1. An accepted finding has its reason in writing:
    an inline skip of checkov in the module, or a line in live/policy.toml.
    """
    from terrarium.policy import run

    run.policy(env, target, as_json=json)


@command()
def fmt(c: Context) -> None:
    """Format the Python, Terraform and Terragrunt files, and write the generated pages."""
    from terrarium import quality

    quality.fmt()
