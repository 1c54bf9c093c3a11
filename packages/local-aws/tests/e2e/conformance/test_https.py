"""Items 7 and 28 on an HTTPS listener."""

from __future__ import annotations

import ssl

import pytest
from local_aws_tests.conformance import Balancers, ServedListener, read_to_end
from local_aws_tests.raw_http import Reply, http


@pytest.fixture(scope="session")
def secure(balancers: Balancers) -> tuple[ServedListener, ServedListener]:
    """Listeners 80 and 443 of a load balancer; the first redirects to the second."""
    acm = balancers.account.client("acm")
    certificate = acm.request_certificate(DomainName="api.example.com")["CertificateArn"]
    balancer = balancers.load_balancer("secure")
    group = balancers.group("secure")
    over_tls = balancers.elb.create_listener(
        LoadBalancerArn=balancer,
        Port=443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]
    onward = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    plain = balancers.elb.create_listener(
        LoadBalancerArn=balancer,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "redirect", "RedirectConfig": onward}],
    )["Listeners"][0]["ListenerArn"]
    return balancers.served(plain), balancers.served(over_tls)


def send_over_tls(balancers: Balancers, listener: ServedListener, sent: bytes) -> Reply:
    """Send bytes over TLS, with the local certificate as the trusted one."""
    folder = balancers.plane.listeners_file.parent / "tls"
    trusting = ssl.create_default_context(cafile=folder / "certificate.pem")
    with (
        listener.connection() as connection,
        trusting.wrap_socket(connection, server_hostname="localhost") as encrypted,
    ):
        encrypted.sendall(sent)
        return Reply(read_to_end(encrypted))


@pytest.mark.item(7)
def test_a_function_sees_that_the_listener_is_https(
    balancers: Balancers, secure: tuple[ServedListener, ServedListener]
) -> None:
    headers = send_over_tls(balancers, secure[1], http("GET /a")).json()["headers"]
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")
    assert headers["host"] == "api.example.com"


@pytest.mark.item(28)
def test_a_redirect_to_https_has_the_local_port_of_the_listener(
    balancers: Balancers, secure: tuple[ServedListener, ServedListener]
) -> None:
    plain, over_tls = secure
    reply = plain.get("/a?b=c")
    assert reply.status == 301
    assert reply.headers["location"] == f"https://api.example.com:{over_tls.local_port}/a?b=c"
    urls = {each["listener_port"]: each["url"] for each in balancers.plane.state()["listeners"]}
    assert urls[443] == f"https://127.0.0.1:{over_tls.local_port}"
