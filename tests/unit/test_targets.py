from __future__ import annotations

import pytest

from terrarium.errors import UsageError
from terrarium.targets import Kind, Target, choose

ENDPOINT = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}


@pytest.mark.parametrize("has_credentials", [True, False])
def test_auto_prefers_an_endpoint_to_credentials_and_these_to_local(has_credentials: bool) -> None:
    without = choose("auto", {}, lambda: has_credentials)
    assert without.kind is (Kind.AWS if has_credentials else Kind.LOCAL)
    for target, kind in ("auto", Kind.ENDPOINT), ("aws", Kind.AWS), ("local", Kind.LOCAL):
        assert choose(target, ENDPOINT, lambda: has_credentials).kind is kind


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown target 'azure'") as refused:
        choose("azure", {}, bool)
    assert refused.value.hint == "targets: auto, aws, local (auto decides)"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("url", ["file:///etc/passwd", "127.0.0.1:4566", "http://"])
def test_an_endpoint_that_is_not_an_http_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not an http or https URL"):
        choose("auto", {"AWS_ENDPOINT_URL": url}, bool)


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
