"""Items 41 and 42: access logs."""

from __future__ import annotations

import gzip
import json
import re
import shlex

import pytest
from local_aws.iam.principal import LOG_SERVICE
from local_aws_tests.accounts import a_bucket
from local_aws_tests.balanced import eventually
from local_aws_tests.conformance import Balancers, ServedListener, path_responding, read_to_end
from local_aws_tests.raw_http import http

_FIELDS = """
type time elb client target request_processing_time target_processing_time
response_processing_time elb_status_code target_status_code received_bytes sent_bytes request
user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name chosen_cert_arn
matched_rule_priority request_creation_time actions_executed redirect_url error_reason
target_list target_status_code_list classification classification_reason
"""
FIELDS = _FIELDS.split()
"""In order. The guide has added further fields at the end since."""

BUCKET = "conformance-logs"


@pytest.fixture(scope="session")
def logged(balancers: Balancers) -> ServedListener:
    """A load balancer that writes an access log."""
    a_bucket(balancers.account, BUCKET)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": LOG_SERVICE},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    balancers.account.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    return balancers.listener(
        "logged", {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": BUCKET}
    )


def line_of(balancers: Balancers, target: str) -> dict[str, str]:
    """Wait for the line of the request with this target; return its fields."""

    def look() -> dict[str, str] | None:
        s3 = balancers.account.s3
        for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
            if each["Key"].endswith(".log.gz"):
                raw = s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
                for line in gzip.decompress(raw).decode().splitlines():
                    if f"{target} HTTP" in line:
                        return dict(zip(FIELDS, shlex.split(line), strict=False))
        return None

    return eventually(look)


@pytest.mark.item(41)
def test_a_request_is_a_line_of_fields_in_order(
    balancers: Balancers, logged: ServedListener
) -> None:
    sent = http("GET /logged?a=b", "User-Agent: test/1")
    with logged.connection() as connection:
        client = "{}:{}".format(*connection.getsockname())
        connection.sendall(sent)
        received = read_to_end(connection)
    line = line_of(balancers, "/logged?a=b")
    group = balancers.elb.describe_target_groups(Names=["logged"])["TargetGroups"][0]
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    assert line["type"] == "http"
    assert re.fullmatch(moment, line["time"])
    assert re.fullmatch("app/logged/[0-9a-f]+", line["elb"])
    assert line["client"] == client
    assert re.fullmatch(r"\d+\.\d{3}", line["target_processing_time"])
    assert (line["elb_status_code"], line["target_status_code"]) == ("200", "200")
    assert (int(line["received_bytes"]), int(line["sent_bytes"])) == (len(sent), len(received))
    assert line["request"] == "GET http://api.example.com:80/logged?a=b HTTP/1.1"
    assert line["user_agent"] == "test/1"
    assert line["target_group_arn"] == group["TargetGroupArn"]
    assert line["trace_id"] in received.decode()
    assert (line["matched_rule_priority"], line["actions_executed"]) == ("0", "forward")
    assert re.fullmatch(moment, line["request_creation_time"])
    assert line["error_reason"] == "-"


@pytest.mark.item(41)
def test_a_suspicious_request_is_classified(balancers: Balancers, logged: ServedListener) -> None:
    assert logged.get("/suspicious?a b").status == 200
    line = line_of(balancers, "/suspicious?a b")
    assert (line["classification"], line["classification_reason"]) == ("Acceptable", "SpaceInUri")


@pytest.mark.item(42)
def test_a_function_is_a_target_without_an_address(
    balancers: Balancers, logged: ServedListener
) -> None:
    assert logged.get("/anywhere").status == 200
    line = line_of(balancers, "/anywhere")
    assert (line["target"], line["target_list"]) == ("-", "-")


@pytest.mark.item(42)
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/raise", "LambdaUnhandled"),
        (path_responding({"statusCode": "200"}), "LambdaInvalidResponse"),
    ],
)
def test_a_failure_of_a_function_has_an_error_reason(
    balancers: Balancers, logged: ServedListener, path: str, reason: str
) -> None:
    assert logged.get(path).status == 502
    line = line_of(balancers, path)
    assert (line["error_reason"], line["elb_status_code"]) == (reason, "502")
    assert line["target_status_code"] == "-"
