from __future__ import annotations

import pytest
from local_aws.load_balancer.configuration import Transform
from local_aws.load_balancer.transforms import TransformError, apply_transforms
from local_aws_tests.load_balancer_models import request


@pytest.mark.parametrize(
    ("pattern", "template", "path", "query"),
    [
        ("^/old/(.+)$", "/new/$1", "/new/a", "b=1"),
        ("^/old/([^?]+)[?](.*)$", "/p.php?id=$1&$2", "/p.php", "id=a&b=1"),
        (r"[?].*$", "", "/old/a", ""),
        ("^/other", "/x", "/old/a", "b=1"),
    ],
)
def test_path_and_query_are_rewritten_together(
    pattern: str, template: str, path: str, query: str
) -> None:
    sent = request("/old/a", "b=1")
    rewritten = apply_transforms(sent, (Transform("url-rewrite", ((pattern, template),)),))
    assert (rewritten.path, rewritten.query) == (path, query.removesuffix("?"))


def test_a_host_rewrite_ignores_case() -> None:
    sent = request(headers=(("host", "Site-A.com"), ("x-a", "site-a.com")))
    transform = Transform("host-header-rewrite", ((r"^site-(.+)\.com$", "in.$1.example"),))
    rewritten = apply_transforms(sent, (transform,))
    assert rewritten.headers == (("host", "in.A.example"), ("x-a", "site-a.com"))
    assert rewritten.value("host") == "in.A.example"


def test_a_rule_may_have_both_kinds_of_transforms() -> None:
    transforms = (
        Transform("url-rewrite", (("^/a", "/b"),)),
        Transform("host-header-rewrite", (("^api", "www"),)),
    )
    rewritten = apply_transforms(request("/a"), transforms)
    assert (rewritten.path, rewritten.value("host")) == ("/b", "www.example.com")


@pytest.mark.parametrize(
    ("kind", "pattern", "template"),
    [
        ("url-rewrite", "^/a", "no slash"),
        ("url-rewrite", "^/a", "/with blank"),
        ("url-rewrite", "^/a", "/line\r\nend"),
        ("url-rewrite", "^/(a)", "/$2"),
        ("url-rewrite", "(?=a)", "/"),
        ("host-header-rewrite", "^.*$", ""),
        ("host-header-rewrite", "api", "a b"),
    ],
)
def test_a_rewrite_to_an_invalid_value_fails(kind: str, pattern: str, template: str) -> None:
    transform = Transform(kind, ((pattern, template),))  # type: ignore[arg-type]
    with pytest.raises(TransformError):
        apply_transforms(request("/a"), (transform,))
