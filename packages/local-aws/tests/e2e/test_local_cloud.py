"""Supervisor, control plane and load balancers together: what starts, what recovers, what ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from local_aws import CloudError, LocalCloud, ProcessStatus, State
from local_aws.ports import LOOPBACK
from local_aws_tests.accounts import DEV, PROD, Account, a_function, a_zip, get, kill, unused_port
from local_aws_tests.balanced import eventually

HANDLER = """
import json, os
def lambda_handler(event, context):
    body = json.dumps({"pid": os.getpid(), "arn": context.invoked_function_arn})
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path / "state")
    cloud.prefer(DEV, http_port=unused_port())
    yield cloud
    cloud.stop(save=False)


def deploy(account: Account) -> str:
    """Create a load balancer whose every request goes to one function; return its DNS name."""
    ec2, elb, functions = (account.client(name) for name in ("ec2", "elbv2", "lambda"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{account.region}{zone}"
        )
        for number, zone in enumerate("ab")
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
    made = elb.create_load_balancer(Name="lb", Subnets=ids, Scheme="internal")["LoadBalancers"][0]
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )
    return str(made["DNSName"])


def url_of(cloud: LocalCloud, account: str = DEV, dns_name: str | None = None) -> str:
    """Wait until the account's load balancer is served; return its URL."""

    def look() -> str | None:
        for each in cloud.listeners(account):
            if dns_name in {None, each.dns_name}:
                return each.url
        return None

    return eventually(look, 30)


def answer(url: str) -> dict[str, str]:
    """Return the function's answer."""
    status, body = get(url)
    assert status == 200, body
    found: dict[str, str] = json.loads(body)
    return found


def answers_again(url: str) -> dict[str, str]:
    """Return the function's answer as soon as clients are not refused any more."""

    def look() -> dict[str, str] | None:
        try:
            return answer(url)
        except OSError:
            return None

    return eventually(look, 30)


def process(cloud: LocalCloud, name: str) -> ProcessStatus:
    [found] = [each for each in cloud.status() if each.name == name]
    return found


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


LOAD_BALANCER = f"load-balancer-{DEV}"


def test_every_account_with_a_load_balancer_is_served_and_all_stop_together(
    cloud: LocalCloud,
) -> None:
    endpoint = cloud.start()
    for account in (DEV, PROD):
        deploy(Account(endpoint, account))
    urls = [url_of(cloud, account) for account in (DEV, PROD)]
    arns = [answer(url)["arn"] for url in urls]
    assert [arn.split(":")[4] for arn in arns] == [DEV, PROD]
    statuses = cloud.status()
    names = ("supervisor", "control-plane", LOAD_BALANCER, f"load-balancer-{PROD}")
    assert tuple(each.name for each in statuses) == names
    assert {each.state for each in statuses} == {State.RUNNING}
    assert [each.urls for each in statuses[2:]] == [(url,) for url in urls]
    workers = [int(answer(url)["pid"]) for url in urls]

    assert cloud.stop().processes == names
    eventually(lambda: all(is_gone(pid) for pid in (*workers, *(each.pid for each in statuses))))
    assert cloud.status() == ()
    assert cloud.listeners(DEV) == ()


def test_one_process_serves_all_regions_of_its_account(cloud: LocalCloud) -> None:
    endpoint = cloud.start()
    first = deploy(Account(endpoint, DEV))
    url = url_of(cloud, DEV, first)
    second = deploy(Account(endpoint, DEV, "us-east-1"))
    other = url_of(cloud, DEV, second)
    assert [answer(each)["arn"].split(":")[3] for each in (url, other)] == [
        "eu-west-1",
        "us-east-1",
    ]
    assert [each.name for each in cloud.status()][2:] == [LOAD_BALANCER]

    cloud.stop()
    assert cloud.start().restored
    cloud.wait_for_load_balancers()
    assert [url_of(cloud, DEV, name) for name in (first, second)] == [url, other]
    assert [answer(each)["arn"].split(":")[3] for each in (url, other)] == [
        "eu-west-1",
        "us-east-1",
    ]


def test_a_preferred_port_is_used_and_kept(cloud: LocalCloud) -> None:
    deploy(Account(cloud.start(), DEV))
    before = url_of(cloud)
    port = unused_port()
    cloud.prefer(DEV, http_port=port)
    assert url_of(cloud) == f"http://{LOOPBACK}:{port}" != before
    answer(url_of(cloud))
    cloud.stop()
    cloud.start()
    cloud.wait_for_load_balancers()
    assert url_of(cloud) == f"http://{LOOPBACK}:{port}"


def test_a_preferred_port_that_is_taken_gives_the_next_one(cloud: LocalCloud) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        cloud.prefer(DEV, http_port=taken)
        deploy(Account(cloud.start(), DEV))
        assert int(url_of(cloud).rpartition(":")[2]) > taken
        answer(url_of(cloud))


def test_a_killed_load_balancer_starts_again_at_its_url_and_its_worker_is_gone(
    cloud: LocalCloud,
) -> None:
    deploy(Account(cloud.start(), DEV))
    url = url_of(cloud)
    worker = int(answer(url)["pid"])
    for restarts in (1, 2):
        kill(process(cloud, LOAD_BALANCER).pid)
        assert int(answers_again(url)["pid"]) != worker
        assert process(cloud, LOAD_BALANCER).restarts == restarts
    eventually(lambda: is_gone(worker))


def test_a_load_balancer_serves_on_while_its_control_plane_is_killed_and_started_again(
    cloud: LocalCloud,
) -> None:
    endpoint = cloud.start(port=unused_port())
    deploy(Account(endpoint, DEV))
    url = url_of(cloud)
    answer(url)
    cloud.save()
    pid = process(cloud, LOAD_BALANCER).pid
    kill(endpoint.pid)
    answer(url)
    again = cloud.start()
    assert (again.started, again.recovered, again.url) == (False, True, endpoint.url)
    assert cloud.start().recovered is False
    answer(url)
    assert process(cloud, LOAD_BALANCER).pid == pid
    elb = Account(again, DEV).client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    eventually(lambda: cloud.listeners(DEV) == ())


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_is_back_at_the_snapshot(
    cloud: LocalCloud,
) -> None:
    endpoint = cloud.start(port=unused_port())
    deploy(Account(endpoint, DEV))
    url = url_of(cloud)
    worker = int(answer(url)["pid"])
    cloud.save()
    Account(endpoint, DEV).s3.create_bucket(
        Bucket="unsaved", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    pids = [worker, *(each.pid for each in cloud.status())]
    kill(process(cloud, "supervisor").pid)
    eventually(lambda: all(is_gone(pid) for pid in pids))
    assert {each.state for each in cloud.status()} == {State.DEAD}

    again = cloud.start()
    assert (again.started, again.recovered, again.restored) == (True, True, True)
    assert again.url == endpoint.url
    assert url_of(cloud) == url
    answer(url)
    assert Account(again, DEV).s3.list_buckets()["Buckets"] == []


def test_processes_that_hang_when_the_supervisor_is_killed_are_ended_by_the_next_command(
    cloud: LocalCloud,
) -> None:
    deploy(Account(cloud.start(), DEV))
    url_of(cloud)
    hung = [each.pid for each in cloud.status()[1:]]
    for pid in hung:
        os.kill(pid, signal.SIGSTOP)
    kill(process(cloud, "supervisor").pid)
    assert cloud.stop().processes == ("control-plane", LOAD_BALANCER)
    assert all(is_gone(pid) for pid in hung)


def test_a_load_balancer_that_never_serves_is_given_up_in_one_line(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "state" / "load-balancers"
    in_the_way.mkdir(parents=True)
    (in_the_way / DEV).write_text("a file, not a folder")
    cloud.prefer(DEV, http_port=unused_port())
    deploy(Account(cloud.start(), DEV))
    with pytest.raises(CloudError, match=f"the {LOAD_BALANCER} does not serve") as refused:
        cloud.wait_for_load_balancers()
    assert f"{LOAD_BALANCER}.log" in str(refused.value.hint)
    assert process(cloud, LOAD_BALANCER).state is State.FAILED
    log = cloud.log("supervisor").read_text()
    assert log.count(f"{LOAD_BALANCER} ended 5 times before it served") == 1


def test_a_deleted_state_folder_ends_everything(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.start()
    pids = [each.pid for each in cloud.status()]
    (tmp_path / "state").rename(tmp_path / "moved")
    eventually(lambda: all(is_gone(pid) for pid in pids))


def serve(folder: Path, port: int, **signals: signal.Handlers) -> subprocess.Popen[str]:
    """Run ``local-aws serve`` with these dispositions of signals, by name."""
    code = (
        "import runpy, signal, sys\n"
        "for name, value in zip(sys.argv[1::2], sys.argv[2::2]):\n"
        "    if name == '--': break\n"
        "    signal.signal(getattr(signal, name), signal.Handlers(int(value)))\n"
        "sys.argv = ['local-aws', *sys.argv[sys.argv.index('--') + 1:]]\n"
        "runpy.run_module('local_aws', run_name='__main__')\n"
    )
    dispositions = [word for name, value in signals.items() for word in (name, str(int(value)))]
    command = [sys.executable, "-W", "ignore", "-c", code, *dispositions, "--"]
    command += ["--state", str(folder), "serve", "--port", str(port)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_serve_saves_and_ends_everything_on_a_signal(
    cloud: LocalCloud, tmp_path: Path, number: signal.Signals
) -> None:
    default = {number.name: signal.SIG_DFL}
    if number is signal.SIGINT:
        default = {}
    running = serve(tmp_path / "state", unused_port(), **default)
    eventually(lambda: State.RUNNING in {each.state for each in cloud.status()[1:]}, 30)
    endpoint = cloud.start()
    assert not endpoint.started
    Account(endpoint, DEV).s3.create_bucket(
        Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    running.send_signal(number)
    running.communicate(timeout=30)
    assert running.returncode == 0
    assert is_gone(endpoint.pid)
    again = cloud.start()
    assert (again.restored, again.recovered) == (True, False)
    assert [each["Name"] for each in Account(again, DEV).s3.list_buckets()["Buckets"]] == ["kept"]


def test_serve_under_nohup_ignores_the_end_of_the_terminal_and_stops_on_sigterm(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    running = serve(tmp_path / "state", unused_port(), SIGHUP=signal.SIG_IGN)
    eventually(lambda: State.RUNNING in {each.state for each in cloud.status()[1:]}, 30)
    running.send_signal(signal.SIGHUP)
    assert process(cloud, "supervisor").state is State.RUNNING
    running.terminate()
    running.communicate(timeout=30)
    assert running.returncode == 0


def test_a_second_supervisor_of_a_folder_is_one_clear_error(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    cloud.start()
    second = serve(tmp_path / "state", unused_port())
    _, error = second.communicate(timeout=30)
    assert second.returncode == 1
    assert error.splitlines()[-1].startswith("error a supervisor already runs for ")
    assert "local-aws down" in error
