from __future__ import annotations

import pytest

from terrarium.errors import UsageError
from terrarium.targets import Kind, Target, choose


def no_credentials() -> bool:
    return False


def credentials() -> bool:
    return True


def not_called() -> bool:
    raise AssertionError("must not be called")


def test_auto_without_endpoint_and_credentials_is_local() -> None:
    assert choose("auto", {}, no_credentials).kind is Kind.LOCAL


def test_auto_with_credentials_is_aws() -> None:
    assert choose("auto", {}, credentials).kind is Kind.AWS


def test_auto_prefers_an_endpoint_to_credentials() -> None:
    choice = choose("auto", {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, not_called)
    assert choice.kind is Kind.ENDPOINT


def test_an_explicit_target_ignores_endpoint_and_credentials() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    assert choose("aws", environ, not_called).kind is Kind.AWS
    assert choose("local", environ, not_called).kind is Kind.LOCAL


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown target 'azure'") as refused:
        choose("azure", {}, no_credentials)
    assert refused.value.hint == "targets: auto, aws, local (auto decides)"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("url", ["file:///etc/passwd", "127.0.0.1:4566", "http://"])
def test_an_endpoint_that_is_not_an_http_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not an http or https URL"):
        choose("auto", {"AWS_ENDPOINT_URL": url}, no_credentials)


def test_the_local_environment_has_no_credentials_of_the_caller() -> None:
    secrets = {
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_PROFILE": "work",
    }
    environ = Target(Kind.LOCAL, "http://127.0.0.1:4747").environ(secrets)
    assert environ["AWS_ACCESS_KEY_ID"] == "local"
    assert not {"AWS_SESSION_TOKEN", "AWS_PROFILE"} & set(environ)
    assert not {"AKIAREAL", "secret", "token", "work"} & set(environ.values())


def test_the_environment_for_aws_has_no_endpoint() -> None:
    environ = Target(Kind.AWS, None).environ(
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4747", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}
    )
    assert environ == {}


def test_the_local_endpoint_bypasses_a_proxy() -> None:
    environ = Target(Kind.LOCAL, "http://127.0.0.1:4747").environ({"NO_PROXY": "example.com"})
    assert environ["NO_PROXY"] == "example.com,127.0.0.1"
