from __future__ import annotations

import json
from typing import Any

import pytest

from terrarium.errors import TerraformError
from terrarium.policy.plan import Resource, parse, without_keys


def change(address: str, after: object, **more: Any) -> dict[str, Any]:
    kind, _, name = address.rpartition("module.a.")[2].partition(".")
    unknown = more.pop("unknown", {})
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {"actions": ["create"], "after": after, "after_unknown": unknown},
        **more,
    }


def plan(changes: list[dict[str, Any]], module: dict[str, Any] | None = None) -> str:
    return json.dumps(
        {
            "format_version": "1.2",
            "resource_changes": changes,
            "configuration": {"root_module": module or {}},
        }
    )


def test_a_plan_has_the_planned_values_and_the_unknown_ones() -> None:
    text = plan(
        [
            change(
                'aws_subnet.public["a"]', {"cidr": "10.0.0.0/20"}, index="a", unknown={"id": True}
            ),
            change("aws_eip.old", None),
            change("data.aws_region.current", {}, mode="data"),
        ]
    )
    (subnet,) = parse(text).resources
    assert (subnet.address, subnet.base) == ('aws_subnet.public["a"]', "aws_subnet.public")
    assert (subnet.index, subnet.get("cidr"), subnet.get("id")) == ("a", "10.0.0.0/20", None)
    assert subnet.is_unknown("id")
    assert not subnet.is_unknown("cidr")


def test_resources_are_found_by_their_types() -> None:
    found = parse(plan([change("aws_eip.a", {}), change("aws_vpc.a", {}), change("aws_lb.a", {})]))
    assert [r.address for r in found.of("aws_vpc", "aws_lb")] == ["aws_lb.a", "aws_vpc.a"]


def test_references_come_from_the_configuration_and_called_modules() -> None:
    bucket = {"references": ["aws_s3_bucket.b.id", "aws_s3_bucket.b"]}
    nested = {"rule": [{"key": {"references": ["aws_kms_key.k"]}}]}
    block = {"address": "aws_s3_bucket_policy.p", "expressions": {"bucket": bucket, **nested}}
    module = {"resources": [block], "module_calls": {"a": {"module": {"resources": [block]}}}}
    inner, outer = parse(
        plan(
            [
                change("aws_s3_bucket_policy.p", {}),
                change("module.a.aws_s3_bucket_policy.p", {}),
            ],
            module,
        )
    ).resources[::-1]
    assert outer.references["rule"] == {"aws_kms_key.k"}
    assert outer.refers_to("bucket", Resource("aws_s3_bucket.b", "aws_s3_bucket"))
    assert inner.refers_to("bucket", Resource("module.a.aws_s3_bucket.b", "aws_s3_bucket"))
    assert not inner.refers_to("bucket", Resource("aws_s3_bucket.b", "aws_s3_bucket"))


def referrer(*names: str, index: str | None = None, **values: Any) -> Resource:
    references = {"bucket": frozenset(names)}
    return Resource("x.x", "x", index, values, {}, references)


def bucket(address: str, index: str | None = None, **values: Any) -> Resource:
    return Resource(address, "aws_s3_bucket", index, values)


def test_a_known_value_is_a_reference_to_its_resource() -> None:
    this = bucket("aws_s3_bucket.this", id="documents", arn="arn:aws:s3:::documents")
    assert referrer(bucket="documents").refers_to("bucket", this)
    assert referrer(bucket=["logs", "arn:aws:s3:::documents"]).refers_to("bucket", this)
    assert not referrer("aws_s3_bucket.this", bucket="logs").refers_to("bucket", this)


def test_an_instance_is_referred_to_by_its_own_key() -> None:
    a, b = (bucket(f'aws_s3_bucket.this["{key}"]', key) for key in "ab")
    by_each_key = referrer("aws_s3_bucket.this", "each.key", index="a")
    assert by_each_key.refers_to("bucket", a)
    assert not by_each_key.refers_to("bucket", b)
    literal = referrer("aws_s3_bucket.this", 'aws_s3_bucket.this["b"]')
    assert literal.refers_to("bucket", b)
    assert not literal.refers_to("bucket", a)


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ('aws_subnet.public["eu-west-1a"]', "aws_subnet.public"),
        ('module.a["x"].aws_eip.nat[0]', "module.a.aws_eip.nat"),
        (r'x.y["a]\"b"]', "x.y"),
        ("aws_vpc.this", "aws_vpc.this"),
    ],
)
def test_an_address_is_returned_without_keys(address: str, base: str) -> None:
    assert without_keys(address) == base


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format_version": "1.0"}', '{"a": '])
def test_json_that_is_not_a_plan_is_refused(text: str) -> None:
    with pytest.raises(TerraformError, match="not a plan"):
        parse(text)


def test_a_plan_of_another_format_is_refused() -> None:
    with pytest.raises(TerraformError, match=r"format 2\.0 is not known"):
        parse('{"format_version": "2.0"}')
