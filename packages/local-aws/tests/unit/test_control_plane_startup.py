from __future__ import annotations

import subprocess
import sys
import textwrap

import boto3
import pytest
from local_aws.control_plane import startup

SERVICES = ("iam", "logs", "sts", "stepfunctions", "elasticloadbalancing", "nonsense")
POLICIES = "moto.iam.aws_managed_policies"


def _regions() -> dict[tuple[str, str, bool], list[str]]:
    session = boto3.Session()
    return {
        (service, partition, non_regional): session.get_available_regions(
            service, partition, non_regional
        )
        for service in SERVICES
        for partition in session.get_available_partitions()
        for non_regional in (False, True)
    }


def test_shared_region_lists_are_those_of_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("get_available_regions", "get_available_partitions"):
        monkeypatch.setattr(boto3.Session, name, getattr(boto3.Session, name))  # undone afterwards
    of_boto3 = _regions()

    startup.share_region_lists()

    assert _regions() == of_boto3
    assert "eu-central-1" in of_boto3["logs", "aws", False]


def test_moto_lets_go_of_what_is_deleted() -> None:
    program = """
        import gc, weakref
        from local_aws.control_plane import startup
        startup.leave_out_encodings()
        startup.forget_instances()
        from moto.logs.models import LogEvent
        event = LogEvent(1, {"timestamp": 2, "message": "text"})
        print(event.message)
        gone = weakref.ref(event)
        del event
        print(gone())
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("text\nNone\n", "")


@pytest.mark.parametrize(("switch", "left_out"), [("false", True), ("true", False)])
def test_managed_policies_stay_on_the_disk_unless_moto_is_told_to_load_them(
    monkeypatch: pytest.MonkeyPatch, switch: str, left_out: bool
) -> None:
    monkeypatch.setitem(sys.modules, POLICIES, sys)  # undone afterwards
    del sys.modules[POLICIES]
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", switch)

    startup.leave_out_managed_policies()

    assert (POLICIES in sys.modules) == left_out
