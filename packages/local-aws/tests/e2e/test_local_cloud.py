"""Control plane and load balancers together, as ``up`` and ``down`` use them."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from local_aws.errors import CloudError
from local_aws.local import LocalCloud
from local_aws.outcomes import Endpoint, LoadBalancerProcess, State
from local_aws.ports import LOOPBACK, free_port
from local_aws_tests.accounts import DEV, PROD, REGION, Account, a_function, a_zip, get, kill
from local_aws_tests.balanced import eventually

HANDLER = """
import json, os
def lambda_handler(event, context):
    body = json.dumps({"pid": os.getpid(), "path": event["path"]})
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path / "state")
    yield cloud
    cloud.discard_changes()


def deploy(account: Account) -> None:
    """A load balancer whose every request goes to one function."""
    ec2, elb, functions = (account.client(name) for name in ("ec2", "elbv2", "lambda"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)
        for number, zone in enumerate(("eu-west-1a", "eu-west-1b"))
    ]
    ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
    a_function(account, a_zip(HANDLER))
    arn = functions.get_function(FunctionName="api")["Configuration"]["FunctionArn"]
    group = elb.create_target_group(Name="api", TargetType="lambda")["TargetGroups"][0]
    functions.add_permission(
        FunctionName="api",
        StatementId="lb",
        Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com",
        SourceArn=group["TargetGroupArn"],
    )
    elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": arn}])
    balancer = elb.create_load_balancer(Name="lb", Subnets=ids, Scheme="internal")["LoadBalancers"][
        0
    ]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )


def serve(cloud: LocalCloud, env: str = "dev", account: str = DEV) -> LoadBalancerProcess:
    return cloud.start_load_balancer(env, account, REGION, free_port(18_080))


def saved_and_served(cloud: LocalCloud) -> tuple[Endpoint, LoadBalancerProcess]:
    """A cloud whose next start has what this one has."""
    endpoint = cloud.start()
    deploy(Account(endpoint, DEV))
    cloud.save()
    return endpoint, serve(cloud)


def worker_of(process: LoadBalancerProcess) -> int:
    """The pid of the function's worker, from its own answer."""
    assert process.url is not None
    status, body = get(f"{process.url}/x")
    assert status == 200, body
    answer = json.loads(body)
    assert answer["path"] == "/x"
    pid: int = answer["pid"]
    return pid


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
    return False


def occupied(port: int) -> socket.socket | None:
    """A socket that listens there; None while somebody else still has the port."""
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError:
        return None


def test_two_environments_answer_side_by_side_and_stop_together(cloud: LocalCloud) -> None:
    endpoint = cloud.start()
    for account in (DEV, PROD):
        deploy(Account(endpoint, account))
    dev, prod = serve(cloud), serve(cloud, "prod", PROD)
    workers = [worker_of(dev), worker_of(prod)]
    assert dev.url != prod.url
    names = ("control-plane", "load-balancer-dev", "load-balancer-prod")
    statuses = cloud.status()
    assert tuple((status.name, status.state) for status in statuses) == tuple(
        (name, State.RUNNING) for name in names
    )
    assert statuses[1].urls == (dev.url,)
    assert cloud.listeners("dev") == dev.listeners

    assert cloud.stop() == names
    assert [is_gone(pid) for pid in (dev.pid, prod.pid, *workers)] == [True] * 4
    assert cloud.status() == ()
    assert cloud.listeners("dev") == ()


def test_after_down_and_up_the_api_answers_at_the_same_url(cloud: LocalCloud) -> None:
    deploy(Account(cloud.start(), DEV))
    before = serve(cloud)
    worker_of(before)
    cloud.stop()
    assert cloud.start().restored
    after = serve(cloud)
    worker_of(after)
    assert after.url == before.url


def test_starting_a_load_balancer_twice_gives_the_same_process(cloud: LocalCloud) -> None:
    cloud.start()
    first = serve(cloud)
    again = serve(cloud)
    assert (again.pid, again.started, again.listeners) == (first.pid, False, ())


def test_a_listener_that_comes_later_is_served_without_a_restart(cloud: LocalCloud) -> None:
    endpoint = cloud.start()
    first = serve(cloud)
    assert first.url is None
    deploy(Account(endpoint, DEV))
    deadline = time.monotonic() + 10
    while not cloud.listeners("dev"):
        assert time.monotonic() < deadline
    again = serve(cloud)
    worker_of(again)
    assert again.pid == first.pid


def test_a_killed_load_balancer_starts_again_and_its_worker_is_gone(cloud: LocalCloud) -> None:
    deploy(Account(cloud.start(), DEV))
    first = serve(cloud)
    worker = worker_of(first)
    keeper = cloud.status()[1].pid
    kill(first.pid)
    assert worker_of(first) != worker
    assert is_gone(worker)
    again = serve(cloud)
    assert (again.started, again.url) == (False, first.url)
    assert again.pid != first.pid
    assert [(each.state, each.pid) for each in cloud.status()[1:]] == [(State.RUNNING, keeper)]


def test_a_load_balancer_whose_keeper_is_killed_serves_until_the_next_start(
    cloud: LocalCloud,
) -> None:
    deploy(Account(cloud.start(), DEV))
    first = serve(cloud)
    kill(cloud.status()[1].pid)
    worker_of(first)
    assert [(each.state, each.pid) for each in cloud.status()[1:]] == [(State.RUNNING, first.pid)]
    again = serve(cloud)
    assert (again.started, again.url) == (True, first.url)
    assert is_gone(first.pid)
    worker_of(again)


def test_a_load_balancer_whose_keeper_is_killed_is_ended_by_stop(cloud: LocalCloud) -> None:
    cloud.start()
    process = serve(cloud)
    kill(cloud.status()[1].pid)
    assert cloud.stop() == ("control-plane", "load-balancer-dev")
    assert is_gone(process.pid)


def test_a_load_balancer_that_is_killed_with_its_keeper_is_gone_until_the_next_start(
    cloud: LocalCloud,
) -> None:
    deploy(Account(cloud.start(), DEV))
    first = serve(cloud)
    for pid in (cloud.status()[1].pid, first.pid):
        kill(pid)
    assert [status.state for status in cloud.status()] == [State.RUNNING, State.GONE]
    again = serve(cloud)
    assert (again.started, again.url) == (True, first.url)
    worker_of(again)


def test_a_load_balancer_serves_on_while_its_control_plane_is_killed_and_started_again(
    cloud: LocalCloud,
) -> None:
    endpoint, first = saved_and_served(cloud)
    worker_of(first)
    kill(endpoint.pid)
    worker_of(first)
    again = cloud.start()
    assert (again.recovered, again.url) == (True, endpoint.url)
    worker_of(first)
    served = serve(cloud)
    assert (served.started, served.pid, served.url) == (False, first.pid, first.url)
    elb = Account(again, DEV).client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    assert eventually(lambda: cloud.listeners("dev") == ())


def test_a_control_plane_that_comes_back_elsewhere_has_its_load_balancers_started_again(
    cloud: LocalCloud,
) -> None:
    endpoint, first = saved_and_served(cloud)
    kill(endpoint.pid)
    with eventually(lambda: occupied(urlsplit(endpoint.url).port or 0)):
        assert cloud.start().url != endpoint.url
        assert is_gone(first.pid)
        worker_of(serve(cloud))


def test_a_load_balancer_of_another_account_is_replaced(cloud: LocalCloud) -> None:
    cloud.start()
    first = serve(cloud, "dev", DEV)
    other = serve(cloud, "dev", PROD)
    assert other.pid != first.pid
    assert is_gone(first.pid)


def test_a_load_balancer_whose_port_is_taken_gets_another(cloud: LocalCloud) -> None:
    deploy(Account(cloud.start(), DEV))
    with socket.socket() as somebody:
        somebody.bind((LOOPBACK, 0))
        somebody.listen()
        taken = somebody.getsockname()[1]
        process = cloud.start_load_balancer("dev", DEV, REGION, taken)
        assert process.listeners[0].local_port > taken
        worker_of(process)


def test_a_load_balancer_that_was_never_written_down_is_ended_by_stop(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    cloud.start()
    process = serve(cloud)
    (tmp_path / "state/cloud/processes/load-balancer-dev.json").unlink()
    assert cloud.stop() == ("control-plane",)
    assert is_gone(process.pid)


def test_a_load_balancer_that_hangs_is_ended_all_the_same(cloud: LocalCloud) -> None:
    cloud.start()
    process = serve(cloud)
    os.kill(process.pid, signal.SIGSTOP)
    cloud.discard_changes()
    assert is_gone(process.pid)


def test_a_load_balancer_without_a_control_plane_is_one_clear_error(cloud: LocalCloud) -> None:
    with pytest.raises(CloudError, match="does not run"):
        serve(cloud)
