"""A Terraform tree that knows nothing of local-aws, with nothing but the three variables."""

from __future__ import annotations

import json
from pathlib import Path

from local_aws_tests import foreign_tree


def test_a_tree_of_two_regions_is_applied_and_served(tmp_path: Path) -> None:
    state = tmp_path / "state"
    try:
        tree = foreign_tree.copy_tree(tmp_path / "tree")
        environ = foreign_tree.environ(foreign_tree.local_aws(state, "up"), tree)
        foreign_tree.run(tree, environ, "terraform", "init", "-input=false")
        foreign_tree.run(tree, environ, "terraform", "apply", "-input=false", "-auto-approve")
        outputs = json.loads(foreign_tree.run(tree, environ, "terraform", "output", "-json"))
        foreign_tree.check(state, environ, outputs["dns_names"]["value"])

        foreign_tree.local_aws(state, "down")
        foreign_tree.local_aws(state, "up")
        plan = ("terraform", "plan", "-input=false", "-detailed-exitcode")
        foreign_tree.run(tree, environ, *plan)
        status = json.loads(foreign_tree.local_aws(state, "status", "--json"))
        assert [each["name"] for each in status] == [
            "supervisor",
            "control-plane",
            f"load-balancer-{foreign_tree.ACCOUNT}",
        ]
        assert len(status[2]["urls"]) == 2
    finally:
        foreign_tree.local_aws(state, "down", "--discard")
