"""Which role a job of a workflow takes on, as GitHub reads the outputs of a step.

``python -m terrarium.deploy_role --env dev --role plan`` prints ``arn=…`` and ``region=…``. The
role itself is made by ``modules/deploy-access``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from terrarium import console, settings
from terrarium.errors import TerrariumError
from terrarium.settings import Environment
from terrarium.tree import read_account, read_project

ROLES = ("plan", "apply")
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


@dataclass(frozen=True, slots=True)
class DeployRole:
    arn: str
    region: str


def deploy_role(environment: Environment, role: str) -> DeployRole:
    """The deploy role of an environment, by the names in its files. Raises ConfigurationError."""
    account = read_account(environment)
    starts = (name for begin, name in _PARTITIONS.items() if account.region.startswith(begin))
    partition = next(starts, "aws")
    name = f"{read_project(environment)}-{environment.name}-{role}"
    arn = f"arn:{partition}:iam::{account.account_id}:role/deploy-access/{name}"
    return DeployRole(arn, account.region)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m terrarium.deploy_role", description=__doc__)
    parser.add_argument("--env", required=True, help="environment: a folder of live/")
    parser.add_argument("--role", required=True, choices=ROLES)
    asked = parser.parse_args(arguments)
    try:
        found = deploy_role(settings.environment(asked.env), asked.role)
    except TerrariumError as error:
        console.failure(error)
        return error.exit_code
    console.data(f"arn={found.arn}")
    console.data(f"region={found.region}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
