from __future__ import annotations

import json

import pytest
from local_aws_tests.accounts import DEV, get_json

from tests.e2e.clone import Clone


@pytest.mark.timeout(1800)
def test_a_renamed_clone_runs_under_its_own_name(clone: Clone) -> None:
    renamed = clone.invoke("rename", "greenhouse", "--yes")
    assert "live/project.hcl" in renamed.stdout.splitlines()
    url = clone.invoke("up").stdout.strip()
    assert get_json(f"{url}/api/foo") == (200, {"greeting": "I am the Foo"})
    outputs = json.loads(clone.invoke("output", "--env", "dev", "--json").stdout)
    assert outputs["storage"]["bucket_name"] == f"greenhouse-documents-dev-{DEV}"
    assert "terrarium-" not in json.dumps(outputs)
    again = clone.invoke("rename", "greenhouse")
    assert (again.stdout, "nothing was changed" in again.stderr) == ("", True)
