from __future__ import annotations

import pytest
from terragrunt_runner import aws

KEYS = {"AWS_ACCESS_KEY_ID": "passed", "AWS_SECRET_ACCESS_KEY": "secret"}


def s3(environment: dict[str, str], endpoint: str | None = None) -> tuple[str, dict[str, str]]:
    """Return the endpoint and the proxies of an S3 client."""
    session = aws.session(KEYS | environment, region="eu-west-1")
    client = aws.client(session, "s3", environment, endpoint=endpoint)
    return client.meta.endpoint_url, client.meta.config.proxies or {}


def test_credentials_and_region_come_from_the_environment_that_is_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the process")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    session = aws.session({**KEYS, "AWS_REGION": "eu-west-1"})
    credentials = session.get_credentials()
    assert credentials is not None
    assert (credentials.access_key, session.region_name) == ("passed", "eu-west-1")


def test_an_endpoint_of_the_process_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://process")
    assert s3({})[0] == "https://s3.eu-west-1.amazonaws.com"
    assert s3({"AWS_ENDPOINT_URL": "http://all"})[0] == "http://all"
    both = {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "http://s3"}
    assert s3(both)[0] == "http://s3"
    assert s3(both, "http://backend")[0] == "http://backend"


def test_hosts_in_no_proxy_are_reached_without_a_proxy() -> None:
    environment = {"HTTP_PROXY": "http://proxy", "no_proxy": "127.0.0.1,.internal"}
    assert s3(environment, "http://127.0.0.1:4566")[1] == {}
    assert s3(environment, "http://s3.internal")[1] == {}
    assert s3(environment, "http://s3.example.com")[1] == {"http": "http://proxy"}
