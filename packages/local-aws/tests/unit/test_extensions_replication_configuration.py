from __future__ import annotations

from typing import Any

import pytest
from local_aws.control_plane.extensions.s3.replication_configuration import matching_rules, rules


def rule(name: str = "all", bucket: str = "replica", **more: Any) -> dict[str, Any]:
    destination = {"Bucket": f"arn:aws:s3:::{bucket}"}
    return {"ID": name, "Status": "Enabled", "Filter": {}, "Destination": destination} | more


def ids(*configured: dict[str, Any], key: str = "a/b", kms: bool = False, **tags: str) -> list[str]:
    found = rules({"Rule": list(configured)})
    return [each.id for each in matching_rules(found, key, tags, kms=kms)]


TAG = {"Key": "team", "Value": "x"}


@pytest.mark.parametrize(
    ("filters", "matches"),
    [
        ({"Filter": None}, True),
        ({"Filter": {"Prefix": None}}, True),
        ({"Filter": {"Prefix": "a/"}}, True),
        ({"Filter": {"Prefix": "b/"}}, False),
        ({"Filter": {"Tag": TAG}}, True),
        ({"Filter": {"Tag": {"Key": "team", "Value": "y"}}}, False),
        ({"Filter": {"And": {"Prefix": "a/", "Tag": [TAG]}}}, True),
        ({"Filter": {"And": {"Prefix": "b/", "Tag": TAG}}}, False),
        ({"Filter": {"And": {"Tag": [TAG, {"Key": "cost", "Value": "1"}]}}}, False),
        ({"Prefix": "a/", "Filter": None}, True),
        ({"Prefix": "b/", "Filter": None}, False),
        ({"Status": "Disabled"}, False),
    ],
)
def test_a_rule_matches_prefix_and_all_tags(filters: dict[str, Any], matches: bool) -> None:
    assert bool(ids(rule(**filters), team="x")) is matches


def test_the_highest_priority_counts_for_each_destination() -> None:
    low, high = rule("low", Priority="1"), rule("high", Priority="2")
    other = rule("other", bucket="elsewhere", Priority="1")
    assert ids(high, low, other) == ["other", "high"] or ids(high, low, other) == ["high", "other"]


def test_objects_with_a_kms_key_need_a_rule_that_includes_them() -> None:
    asked: dict[str, Any] = {
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    }
    assert ids(rule(), kms=True) == []
    assert ids(rule(**asked), kms=True) == ["all"]


def test_a_rule_with_a_tag_never_replicates_delete_markers() -> None:
    markers: dict[str, Any] = {"DeleteMarkerReplication": {"Status": "Enabled"}}
    plain, tagged = rules({"Rule": [rule(**markers), rule(**markers, Filter={"Tag": TAG})]})
    assert (plain.delete_markers, tagged.delete_markers) == (True, False)


def test_a_configuration_may_have_a_single_rule() -> None:
    (only,) = rules({"Rule": rule(Filter={"Prefix": "a/"})})
    assert (only.destination, only.prefix) == ("replica", "a/")
