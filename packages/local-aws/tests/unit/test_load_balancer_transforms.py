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
    done = apply_transforms(sent, (Transform("url-rewrite", ((pattern, template),)),))
    assert (done.path, done.query) == (path, query.removesuffix("?"))


def test_the_host_is_rewritten_whatever_its_case() -> None:
    sent = request(headers=(("host", "Site-A.com"), ("x-a", "site-a.com")))
    transform = Transform("host-header-rewrite", ((r"^site-(.+)\.com$", "in.$1.example"),))
    done = apply_transforms(sent, (transform,))
    assert done.headers == (("host", "in.A.example"), ("x-a", "site-a.com"))
    assert done.value("host") == "in.A.example"


def test_both_kinds_work_in_one_rule() -> None:
    transforms = (
        Transform("url-rewrite", (("^/a", "/b"),)),
        Transform("host-header-rewrite", (("^api", "www"),)),
    )
    done = apply_transforms(request("/a"), transforms)
    assert (done.path, done.value("host")) == ("/b", "www.example.com")


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
def test_a_rewrite_that_gives_no_request_fails(kind: str, pattern: str, template: str) -> None:
    transform = Transform(kind, ((pattern, template),))  # type: ignore[arg-type]
    with pytest.raises(TransformError):
        apply_transforms(request("/a"), (transform,))
