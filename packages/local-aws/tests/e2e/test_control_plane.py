"""The control plane as a process: answers, saved state, recovery after a kill."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from botocore.exceptions import ClientError
from local_aws import CloudError, Endpoint, LocalCloud, State, control_plane_client
from local_aws.ports import LOOPBACK
from local_aws_tests.accounts import (
    DEV,
    PROD,
    Account,
    a_bucket,
    a_function,
    a_zip,
    get,
    kill,
    unused_port,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path / "state")
    yield cloud
    cloud.stop(save=False)


@pytest.fixture
def endpoint(cloud: LocalCloud) -> Endpoint:
    return cloud.start(port=unused_port())


@pytest.fixture
def dev(endpoint: Endpoint) -> Account:
    return Account(endpoint, DEV)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A cloud that several tests share; no test stops it."""
    cloud = LocalCloud(tmp_path_factory.mktemp("shared"))
    yield cloud.start(port=unused_port())
    cloud.stop(save=False)


@pytest.fixture
def running(shared: Endpoint) -> Account:
    return Account(shared, DEV)


def build_service(account: Account) -> None:
    """Create a resource of each kind that a service uses, and two versions of an object."""
    bucket = a_bucket(account, f"documents-{account.id}")
    s3 = account.s3
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        s3.put_object(Bucket=bucket, Key="a/é b%2F+.json", Body=body, Metadata={"my_key": "x"})
    s3.put_object(Bucket=bucket, Key="large", Body=b"x" * 6_000_000)
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)
        for number, zone in enumerate(("eu-west-1a", "eu-west-1b"))
    ]
    a_function(account, a_zip(f"account = {account.id}"))
    functions = account.client("lambda")
    functions.publish_version(FunctionName="api")
    functions.create_alias(FunctionName="api", Name="live", FunctionVersion="1")
    elb = account.client("elbv2")
    ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
    balancer = elb.create_load_balancer(Name="lb", Subnets=ids)["LoadBalancers"][0]
    group = elb.create_target_group(Name="api", TargetType="lambda")["TargetGroups"][0]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )
    account.client("logs").create_log_group(logGroupName="/aws/lambda/api")


def describe_service(account: Account) -> dict[str, Any]:
    """Return the answers of the account's APIs, with the bytes of objects and code."""
    s3, bucket = account.s3, f"documents-{account.id}"
    found = s3.get_object(Bucket=bucket, Key="a/é b%2F+.json")
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    function = account.client("lambda").get_function(FunctionName="api", Qualifier="live")
    elb = account.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {
        "account": account.client("sts").get_caller_identity()["Account"],
        "object": (found["Body"].read(), found["Metadata"], found["VersionId"]),
        "versions": [(v["Key"], v["VersionId"], v["IsLatest"]) for v in versions],
        "large": len(s3.get_object(Bucket=bucket, Key="large")["Body"].read()),
        "role": account.client("iam").get_role(RoleName="r-eu-west-1")["Role"]["RoleId"],
        "code": get(function["Code"]["Location"].replace("localhost", LOOPBACK)),
        "function": function["Configuration"]["FunctionArn"],
        "balancer": balancer["DNSName"],
        "listeners": [(item["ListenerArn"], item["DefaultActions"]) for item in listeners],
        "vpcs": sorted(vpc["VpcId"] for vpc in account.client("ec2").describe_vpcs()["Vpcs"]),
        "logs": account.client("logs").describe_log_groups()["logGroups"],
    }


def test_two_accounts_are_restored_after_a_kill(cloud: LocalCloud) -> None:
    first = cloud.start(port=unused_port())
    accounts = [Account(first, DEV), Account(first, PROD)]
    for account in accounts:
        build_service(account)
    before = [describe_service(account) for account in accounts]
    assert [len(found["versions"]) for found in before] == [3, 3]
    assert before[0]["code"] == (200, a_zip(f"account = {DEV}"))

    assert cloud.save() == ()
    kill(first.pid)
    second = cloud.start()

    assert (second.restored, second.recovered, second.port) == (True, True, first.port)
    after = [describe_service(account.moved_to(second)) for account in accounts]
    assert after == before


def test_a_restored_cloud_can_be_changed_and_saved(cloud: LocalCloud) -> None:
    dev = Account(cloud.start(), DEV)
    bucket = a_bucket(dev, "bucket")
    dev.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2", b"3"):
        dev.s3.put_object(Bucket=bucket, Key="k", Body=body)
        cloud.stop()
        dev = dev.moved_to(cloud.start())
    versions = dev.s3.list_object_versions(Bucket=bucket)["Versions"]
    bodies = [
        dev.s3.get_object(Bucket=bucket, Key="k", VersionId=v["VersionId"])["Body"].read()
        for v in versions
    ]
    assert bodies == [b"3", b"2", b"1"]


def test_saved_changes_are_kept_and_discarded_changes_are_not(cloud: LocalCloud) -> None:
    dev = Account(cloud.start(), DEV)
    a_bucket(dev, "saved")
    cloud.save()
    a_bucket(dev, "unsaved")
    cloud.stop(save=False)
    dev = dev.moved_to(cloud.start())
    assert [bucket["Name"] for bucket in dev.s3.list_buckets()["Buckets"]] == ["saved"]


def test_sigterm_saves_the_state(cloud: LocalCloud, endpoint: Endpoint) -> None:
    dev = Account(endpoint, DEV)
    a_bucket(dev, "kept")
    psutil.Process(endpoint.pid).terminate()
    psutil.wait_procs([psutil.Process(endpoint.pid)], timeout=10)
    again = cloud.start()
    assert (again.restored, again.recovered) == (True, False)
    dev = dev.moved_to(again)
    assert [bucket["Name"] for bucket in dev.s3.list_buckets()["Buckets"]] == ["kept"]


def test_a_damaged_snapshot_gives_an_empty_cloud_and_a_warning(
    cloud: LocalCloud, dev: Account, tmp_path: Path
) -> None:
    a_bucket(dev, "lost")
    cloud.stop()
    (snapshot,) = (tmp_path / "state/snapshots").iterdir()
    snapshot.write_bytes(snapshot.read_bytes()[:-1])
    endpoint = cloud.start()
    assert endpoint.restored is False
    assert Account(endpoint, DEV).s3.list_buckets()["Buckets"] == []
    assert "set aside" in (tmp_path / "state/logs/control-plane.log").read_text()
    assert snapshot.with_name(snapshot.name + ".set-aside").exists()


def test_a_snapshot_under_load_has_the_state_between_two_requests(
    cloud: LocalCloud, dev: Account
) -> None:
    """Each writer counts in one bucket and then in another, so the first is never behind."""
    a_bucket(dev, "first")
    a_bucket(dev, "second")
    stop = threading.Event()

    def count(writer: int) -> None:
        s3, number = dev.s3, 0
        while not stop.is_set():
            number += 1
            for bucket in ("first", "second"):
                s3.put_object(Bucket=bucket, Key=f"{writer}", Body=b"%d" % number)

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(count, writer) for writer in range(4)]
        for _ in range(5):
            cloud.save()
        stop.set()
        for writer in writers:
            writer.result()
    cloud.stop(save=False)
    s3 = dev.moved_to(cloud.start()).s3
    for item in s3.list_objects_v2(Bucket="second").get("Contents", []):
        read = [
            int(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())
            for bucket in ("first", "second")
        ]
        assert read[0] - read[1] in (0, 1)


def test_one_of_many_clients_takes_a_state_lock(running: Account) -> None:
    bucket = a_bucket(running, "state")
    clients = [running.s3 for _ in range(8)]

    def take(client: S3Client) -> bool:
        try:
            client.put_object(Bucket=bucket, Key="x.tflock", Body=b"me", IfNoneMatch="*")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert sum(pool.map(take, clients)) == 1
            clients[0].delete_object(Bucket=bucket, Key="x.tflock")


def test_each_version_of_a_function_has_its_code(running: Account) -> None:
    functions = running.client("lambda")
    a_function(running, a_zip("one"))
    functions.publish_version(FunctionName="api")
    slow = functions.get_function(FunctionName="api")["Code"]["Location"]
    functions.update_function_code(FunctionName="api", ZipFile=a_zip("two"))
    code = {
        qualifier: get(
            functions.get_function(FunctionName="api", Qualifier=qualifier)["Code"]["Location"]
        )
        for qualifier in ("1", "$LATEST")
    }
    assert code == {"1": (200, a_zip("one")), "$LATEST": (200, a_zip("two"))}
    assert get(slow) == (200, a_zip("one"))
    assert get(slow.replace(DEV, PROD))[0] == 404


@pytest.mark.parametrize(
    ("service", "call", "arguments"),
    [
        ("ec2", "describe_fleet_history", {"FleetId": "f", "StartTime": 0}),
        ("iam", "generate_service_last_accessed_details", {"Arn": "arn:aws:iam::1:role/r"}),
        ("lambda", "get_function_recursion_config", {"FunctionName": "api"}),
    ],
)
def test_an_unknown_operation_is_refused_with_an_error_that_sdks_do_not_repeat(
    service: str, call: str, arguments: dict[str, Any], running: Account
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(running.client(service), call)(**arguments)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_an_unknown_session_is_refused(cloud: LocalCloud, dev: Account) -> None:
    cloud.stop(save=False)
    stale = dev.moved_to(cloud.start())
    with pytest.raises(ClientError, match="assume the role again") as refused:
        stale.s3.list_buckets()
    assert refused.value.response["Error"]["Code"] == "ExpiredToken"


@pytest.mark.parametrize("path", ["/_local-aws/", "/_local-aws/x", "/_local-aws/code/../../x"])
def test_an_unknown_local_endpoint_is_a_404_in_json(path: str, shared: Endpoint) -> None:
    status, body = get(shared.url + path)
    assert status == 404
    assert "error" in json.loads(body)


def test_a_web_page_can_neither_reset_nor_save_the_cloud(
    shared: Endpoint, running: Account
) -> None:
    a_bucket(running, "kept")
    for path, status in (("/moto-api/reset", 404), ("/_local-aws/snapshot", 403)):
        request = urllib.request.Request(shared.url + path, method="POST")  # noqa: S310
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)  # noqa: S310
        with refused.value as answer:
            assert answer.code == status
            assert "access-control-allow-origin" not in answer.headers
    running.s3.head_bucket(Bucket="kept")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /%ff%00?%zz HTTP/1.1\r\nHost: [::\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 3\r\n\r\n\xff=\xff",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential=\xff/a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: a\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"GET /2015-03-31/functions/%2e%2e HTTP/1.1\r\nHost: a b\r\n\r\n",
    ],
)
def test_invalid_requests_get_no_traceback_and_change_nothing(
    request_bytes: bytes, shared: Endpoint
) -> None:
    with socket.create_connection((LOOPBACK, shared.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert b"Traceback" not in answer
    assert b"HTTP/1.1 500" not in answer
    assert get(f"{shared.url}/_local-aws/health")[0] == 200


def test_a_second_start_returns_the_running_process(cloud: LocalCloud, endpoint: Endpoint) -> None:
    again = cloud.start()
    assert (again.pid, again.started, again.recovered) == (endpoint.pid, False, False)


def test_two_concurrent_starts_start_one_cloud(cloud: LocalCloud, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from local_aws import LocalCloud;"
        "print(LocalCloud(Path(sys.argv[1])).start().pid)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "state")]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    pids = {start.communicate()[0] for start in starts}
    assert pids == {b"%d\n" % cloud.start().pid}


def test_two_state_folders_get_two_clouds(
    cloud: LocalCloud, endpoint: Endpoint, tmp_path: Path
) -> None:
    other = LocalCloud(tmp_path / "other")
    try:
        theirs = other.start()
        assert (theirs.port, theirs.pid) != (endpoint.port, endpoint.pid)
        a_bucket(Account(endpoint, DEV), "ours")
        assert Account(theirs, DEV).s3.list_buckets()["Buckets"] == []
    finally:
        other.stop(save=False)
    assert cloud.start().pid == endpoint.pid


def test_a_cloud_gets_another_port_if_its_port_is_in_use(
    cloud: LocalCloud, endpoint: Endpoint
) -> None:
    cloud.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((LOOPBACK, endpoint.port))
        other.listen()
        assert cloud.start().port > endpoint.port


def test_a_port_is_never_shared(endpoint: Endpoint, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local_aws.control_plane"]
    command += ["--port", str(endpoint.port), "--snapshots", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, check=False, timeout=30)
    assert ended.returncode == 98
    assert b"Address already in use" in ended.stderr


def test_a_record_with_a_reused_pid_ends_no_process(
    cloud: LocalCloud, endpoint: Endpoint, tmp_path: Path
) -> None:
    file = tmp_path / "state/processes.json"
    written = json.loads(file.read_text())
    cloud.stop()
    for each in written["processes"]:
        each["process"]["pid"] = os.getpid()
    file.write_text(json.dumps(written))
    assert {status.state for status in cloud.status()} == {State.DEAD}
    again = cloud.start()
    assert (again.started, again.recovered) == (True, True)


def test_a_hanging_control_plane_is_reported_and_replaced(
    cloud: LocalCloud, endpoint: Endpoint
) -> None:
    assert cloud.status()[1].urls == (endpoint.url,)
    os.kill(endpoint.pid, signal.SIGSTOP)
    assert cloud.status()[1].state is State.NOT_ANSWERING
    with pytest.raises(CloudError, match="does not save") as refused:
        control_plane_client.save(endpoint.port, "token", timeout_seconds=0.2)
    assert "local-aws up" in str(refused.value.hint)
    again = cloud.start()
    assert again.pid != endpoint.pid
    assert (again.started, again.recovered, again.url) == (False, True, endpoint.url)


def test_stop_returns_the_stopped_processes(cloud: LocalCloud, endpoint: Endpoint) -> None:
    assert cloud.stop().processes == ("supervisor", "control-plane")
    assert cloud.status() == ()
    assert cloud.stop().processes == ()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((LOOPBACK, endpoint.port), timeout=1)


def test_saving_a_stopped_cloud_is_one_clear_error(cloud: LocalCloud) -> None:
    with pytest.raises(CloudError, match="does not run") as refused:
        cloud.save()
    assert refused.value.hint == "start it: local-aws up"


def test_an_open_connection_does_not_delay_stop(cloud: LocalCloud, endpoint: Endpoint) -> None:
    with socket.create_connection((LOOPBACK, endpoint.port)) as idle:
        idle.sendall(b"GET /_local-aws/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(15) == b"HTTP/1.1 200 OK"
        began = time.monotonic()
        cloud.stop()
        assert time.monotonic() - began < 8
