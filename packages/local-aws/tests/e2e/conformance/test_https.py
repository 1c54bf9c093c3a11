"""Items 7 and 28 on an HTTPS listener."""

from __future__ import annotations

import ssl

import pytest
from local_aws_tests.conformance import Site, Stage
from local_aws_tests.raw_http import Reply, http


@pytest.fixture(scope="session")
def secure(stage: Stage) -> tuple[Site, Site]:
    """Listeners 80 and 443 of a load balancer: the first sends clients on to the second."""
    acm = stage.account.client("acm")
    certificate = acm.request_certificate(DomainName="api.example.com")["CertificateArn"]
    balancer = stage.balancer("secure")
    group = stage.group("secure")
    over_tls = stage.elb.create_listener(
        LoadBalancerArn=balancer,
        Port=443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]
    onward = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    plain = stage.elb.create_listener(
        LoadBalancerArn=balancer,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "redirect", "RedirectConfig": onward}],
    )["Listeners"][0]["ListenerArn"]
    return stage.served(plain), stage.served(over_tls)


def talk(stage: Stage, site: Site, sent: bytes) -> Reply:
    """Over TLS, trusting the certificate of this machine."""
    folder = stage.plane.listeners_file.parent / "tls"
    trusting = ssl.create_default_context(cafile=folder / "certificate.pem")
    with (
        site.connection() as connection,
        trusting.wrap_socket(connection, server_hostname="localhost") as encrypted,
    ):
        encrypted.sendall(sent)
        received = b""
        while part := encrypted.recv(65_536):
            received += part
    return Reply(received)


@pytest.mark.item(7)
def test_an_https_listener_says_so_to_the_function(stage: Stage, secure: tuple[Site, Site]) -> None:
    headers = talk(stage, secure[1], http("GET /a")).json()["headers"]
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")
    assert headers["host"] == "api.example.com"


@pytest.mark.item(28)
def test_a_redirect_to_https_leads_to_the_listener_that_serves_it(
    stage: Stage, secure: tuple[Site, Site]
) -> None:
    plain, over_tls = secure
    reply = plain.get("/a?b=c")
    assert reply.status == 301
    assert reply.headers["location"] == f"https://api.example.com:{over_tls.local_port}/a?b=c"
    urls = {each["listener_port"]: each["url"] for each in stage.plane.state()["listeners"]}
    assert urls[443] == f"https://127.0.0.1:{over_tls.local_port}"
