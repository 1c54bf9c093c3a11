from __future__ import annotations

from typing import Any

import pytest
from local_aws_tests.plane import Plane


@pytest.fixture
def ec2(plane: Plane) -> Any:
    return plane.client("ec2")


@pytest.fixture
def group(ec2: Any) -> str:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_security_group(GroupName="api", Description="a group", VpcId=vpc)
    identifier: str = made["GroupId"]
    return identifier


def prefix_list(ec2: Any) -> str:
    made = ec2.create_managed_prefix_list(
        PrefixListName="partners", MaxEntries=1, AddressFamily="IPv4"
    )
    identifier: str = made["PrefixList"]["PrefixListId"]
    return identifier


def allow(ec2: Any, group: str, **to: Any) -> Any:
    """Allow egress from the group and return the created rule."""
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **to}
    given = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
    return given["SecurityGroupRules"][0]


def described(ec2: Any, rule: str) -> str | None:
    (found,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"]
    text: str | None = found.get("Description")
    return text


def test_a_rule_to_a_prefix_list_keeps_its_description(ec2: Any, group: str, plane: Plane) -> None:
    lists = [{"PrefixListId": prefix_list(ec2), "Description": "partners"}]
    rule = allow(ec2, group, PrefixListIds=lists)["SecurityGroupRuleId"]
    assert described(ec2, rule) == "partners"
    plane.save_and_restore()
    assert described(ec2, rule) == "partners"


def test_a_rule_to_a_group_keeps_its_description(ec2: Any, group: str) -> None:
    pairs = [{"GroupId": group, "Description": "each other"}]
    rule = allow(ec2, group, UserIdGroupPairs=pairs)["SecurityGroupRuleId"]
    assert described(ec2, rule) == "each other"


def test_a_rule_to_an_address_range_keeps_its_description(ec2: Any, group: str) -> None:
    ranges = [{"CidrIp": "10.0.0.0/16", "Description": "the network"}]
    rule = allow(ec2, group, IpRanges=ranges)["SecurityGroupRuleId"]
    assert described(ec2, rule) == "the network"


def test_a_rule_without_a_description_has_none(ec2: Any, group: str) -> None:
    rule = allow(ec2, group, PrefixListIds=[{"PrefixListId": prefix_list(ec2)}])
    assert described(ec2, rule["SecurityGroupRuleId"]) is None


def test_a_changed_description_of_a_prefix_list_adds_no_address_range(ec2: Any, group: str) -> None:
    partners = prefix_list(ec2)
    lists = [{"PrefixListId": partners, "Description": "partners"}]
    rule = allow(ec2, group, PrefixListIds=lists)["SecurityGroupRuleId"]
    changed = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "PrefixListId": partners,
        "Description": "friends",
    }
    ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": changed}],
    )
    assert described(ec2, rule) == "friends"
    (shown,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [p["IpRanges"] for p in shown["IpPermissionsEgress"] if p["IpProtocol"] == "tcp"] == [[]]
