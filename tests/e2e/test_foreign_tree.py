"""A Terragrunt tree that knows nothing of this repository: terragrunt-runner and local-aws only."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from local_aws_tests import foreign_tree

_RUNNER = (sys.executable, "-W", "ignore", "-m", "terragrunt_runner")
_UNITS = Path(__file__).with_name("foreign_tree")


def test_nested_units_of_two_regions_are_applied_and_served(tmp_path: Path) -> None:
    state = tmp_path / "state"
    try:
        tree = foreign_tree.copy_tree(tmp_path / "tree")
        shutil.copytree(_UNITS, tree, dirs_exist_ok=True)
        (tree / "main.tf").unlink()
        environ = foreign_tree.environ(foreign_tree.local_aws(state, "up"), tree)

        apply = ("run", "--all", "--non-interactive", "--backend-bootstrap", "apply")
        foreign_tree.run(tree, environ, *_RUNNER, *apply)
        dns_names = {
            unit.name: json.loads(
                foreign_tree.run(unit, environ, *_RUNNER, "output", "-json", "dns_name")
            )
            for unit in (tree / "europe" / "orders", tree / "america" / "stock")
        }
        foreign_tree.check(state, environ, dns_names)
    finally:
        foreign_tree.local_aws(state, "down", "--discard")
