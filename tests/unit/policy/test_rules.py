from __future__ import annotations

from typing import Any

import pytest
from terragrunt_runner import ResourceBlock

from terrarium.policy import rules
from terrarium.policy.plan import Resource
from terrarium.policy.unit_plan import Configuration
from tests.unit.policy.plans import Reference, found, policy, resource, unit

FUNCTION = "aws_lambda_function.this"
ROLE_POLICY = "aws_iam_role_policy.this"
BUCKET = "arn:aws:s3:::documents"
EVERYWHERE = "0.0.0.0/0"
INGRESS = "aws_vpc_security_group_ingress_rule.this"
EGRESS = "aws_vpc_security_group_egress_rule.this"
LOAD_BALANCER = (
    resource("aws_lb.this", security_groups=Reference("aws_security_group.public")),
    resource("aws_lb_listener.http", port=80),
    resource("aws_security_group.public", description="The load balancer"),
    resource("aws_security_group.other", description="Something else"),
)


def rule(group: str, port: int, **ranges: str) -> Resource:
    owner = Reference(f"aws_security_group.{group}")
    return resource(INGRESS, from_port=port, to_port=port, security_group_id=owner, **ranges)


@pytest.mark.parametrize(
    ("opened", "keys"),
    [
        (rule("public", 80, cidr_ipv4=EVERYWHERE), []),
        (rule("public", 80, cidr_ipv6="::/0"), []),
        (rule("public", 22, cidr_ipv4=EVERYWHERE), [f"app/{INGRESS}"]),
        (rule("other", 80, cidr_ipv4=EVERYWHERE), [f"app/{INGRESS}"]),
        (rule("other", 22, cidr_ipv6="::/0"), [f"app/{INGRESS}"]),
        (rule("other", 22, cidr_ipv6="0:0::/0"), [f"app/{INGRESS}"]),
        (rule("other", 22, cidr_ipv4="10.0.0.0/8"), []),
    ],
)
def test_only_the_ports_of_listeners_are_open_to_everywhere(
    opened: Resource, keys: list[str]
) -> None:
    plan = unit(*LOAD_BALANCER, opened)
    assert found(rules.open_security_group_rules(plan)) == keys


def test_a_range_of_ports_around_a_listener_is_a_finding() -> None:
    group = Reference("aws_security_group.public")
    wide = resource(
        INGRESS, from_port=80, to_port=90, security_group_id=group, cidr_ipv4=EVERYWHERE
    )
    plan = unit(*LOAD_BALANCER, wide)
    assert found(rules.open_security_group_rules(plan)) == [f"app/{INGRESS}"]


def test_egress_to_everywhere_needs_a_reason() -> None:
    out = resource(EGRESS, from_port=443, to_port=443, cidr_ipv4=EVERYWHERE)
    plan = unit(*LOAD_BALANCER, out)
    assert found(rules.open_security_group_rules(plan)) == [f"app/{EGRESS}"]


def acl_rule(**values: Any) -> Resource:
    return resource("aws_network_acl_rule.this", **values)


def test_each_acl_rule_open_to_everywhere_needs_a_reason() -> None:
    inline = [
        {"rule_no": 100, "action": "allow", "cidr_block": EVERYWHERE},
        {"rule_no": 110, "action": "deny", "cidr_block": EVERYWHERE},
        {"rule_no": 120, "action": "allow", "cidr_block": "10.0.0.0/16"},
        {"rule_no": 130, "action": "allow", "cidr_block": "", "ipv6_cidr_block": "::/0"},
    ]
    plan = unit(
        resource("aws_network_acl.public", ingress=inline),
        acl_rule(rule_action="allow", cidr_block=EVERYWHERE, egress=False),
        resource("aws_network_acl_rule.out", rule_action="allow", cidr_block="::/0", egress=True),
    )
    assert found(rules.open_network_acls(plan)) == [
        "app/aws_network_acl.public 100",
        "app/aws_network_acl.public 130",
        "app/aws_network_acl_rule.this",
    ]


def allow(**elements: Any) -> dict[str, Any]:
    narrow = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    return {key: value for key, value in (narrow | elements).items() if value is not None}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (allow(Action="*"), "it allows the action *"),
        (allow(Action=["s3:GetObject", "s3:*"]), "it allows the action s3:*"),
        (allow(Action="s3:Get*"), "it allows the action s3:Get*"),
        (allow(Resource="*"), "it allows the resource *"),
        (allow(Resource=[BUCKET, "arn:aws:s3:::*"]), "it allows the resource arn:aws:s3:::*"),
        (
            allow(Resource="arn:aws:ec2:eu-west-1:111111111111:*/*"),
            "it allows the resource arn:aws:ec2:eu-west-1:111111111111:*/*",
        ),
        (allow(Principal="*"), "it allows every principal"),
        (allow(Principal={"AWS": ["*"]}), "it allows every principal"),
        (allow(Action=None, NotAction="iam:*"), "it allows all but its NotAction"),
        (allow(Resource=None, NotResource=BUCKET), "it allows all but its NotResource"),
    ],
)
def test_an_allowed_wildcard_is_found_by_its_statement(
    statement: dict[str, Any], message: str
) -> None:
    plan = unit(resource(ROLE_POLICY, policy=policy(allow(), statement | {"Sid": "Wide"})))
    (finding,) = rules.wildcards(plan)
    assert (finding.key, finding.message) == (f"app/{ROLE_POLICY} Wide", message)


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow(Resource="arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/app:*"),
        allow(Effect="Deny", Action="*", Resource="*", Principal="*"),
    ],
)
def test_a_narrow_or_denied_statement_is_not_a_wildcard(statement: dict[str, Any]) -> None:
    assert found(rules.wildcards(unit(resource(ROLE_POLICY, policy=policy(statement))))) == []


def test_a_statement_without_a_sid_has_its_number() -> None:
    plan = unit(resource(ROLE_POLICY, policy=policy(allow(), allow(Sid=None, Resource="*"))))
    assert found(rules.wildcards(plan)) == [f"app/{ROLE_POLICY} #2"]


def test_a_single_statement_without_a_list_is_read() -> None:
    single = '{"Statement": {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}}'
    assert found(rules.wildcards(unit(resource("aws_iam_policy.this", policy=single)))) == [
        "app/aws_iam_policy.this All"
    ]


def test_the_resource_of_a_key_policy_is_the_key_itself() -> None:
    statement = allow(Action="kms:Decrypt", Resource="*")
    key = resource("aws_kms_key.this", policy=policy(statement))
    assert found(rules.wildcards(unit(key))) == []


def test_inline_policies_and_the_trust_policy_of_a_role_are_read() -> None:
    role = resource(
        "aws_iam_role.this",
        assume_role_policy=policy(allow(Sid="Assume", Resource=None, Principal={"AWS": "*"})),
        inline_policy=[{"name": "in", "policy": policy(allow(Sid="Inside", Action="*"))}],
    )
    assert found(rules.wildcards(unit(role))) == [
        "app/aws_iam_role.this Assume",
        "app/aws_iam_role.this Inside",
    ]
    computed = Configuration.of([ResourceBlock(role.base, frozenset({"assume_role_policy"}))])
    assert found(rules.wildcards(unit(role, configuration=computed))) == [
        "app/aws_iam_role.this Assume"
    ]


def test_data_in_a_protected_environment_needs_protection() -> None:
    resources = (
        resource("aws_s3_bucket.this"),
        resource("aws_s3_bucket.kept"),
        resource("aws_kms_key.this"),
        resource("aws_lb.this", enable_deletion_protection=True),
        resource("aws_lb.bare", enable_deletion_protection=False),
        resource("aws_cognito_user_pool.this", deletion_protection="INACTIVE"),
    )
    kept = Configuration.of([ResourceBlock("aws_s3_bucket.kept", prevent_destroy=True)])
    assert found(rules.unprotected_data(unit(*resources, configuration=kept))) == [
        "app/aws_s3_bucket.this",
        "app/aws_kms_key.this",
        "app/aws_lb.bare",
        "app/aws_cognito_user_pool.this",
    ]
    elsewhere = unit(*resources, env="dev", is_protected=False)
    assert found(rules.unprotected_data(elsewhere)) == []


def compared(here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    """Findings for a function with some values in prod and others in dev."""
    prod = unit(resource(FUNCTION, **here))
    dev = unit(resource(FUNCTION, **there), env="dev", is_protected=False)
    return found(rules.smaller(prod, dev))


@pytest.mark.parametrize(
    ("name", "here", "there", "is_smaller"),
    [
        ("memory_size", 128, 256, True),
        ("memory_size", 256, 256, False),
        ("memory_size", 512, 256, False),
        ("publish", False, True, False),  # not a number
        ("retention_in_days", 90, 0, True),  # 0 is no limit
        ("retention_in_days", 0, 90, False),
        ("reserved_concurrent_executions", 50, -1, True),  # -1 is no limit
        ("reserved_concurrent_executions", -1, 50, False),
        ("subnet_ids", ["a"], ["a", "b"], True),
        ("memory_size", Reference("var.x"), 256, False),  # not known yet
        ("rule", [{"limit": 1}], [{"limit": 1}, {"limit": 2}], True),
        ("count", [], [{"custom": []}], False),  # a switch
    ],
)
def test_a_number_or_a_list_that_is_smaller_in_prod_is_found(
    name: str, here: Any, there: Any, is_smaller: bool
) -> None:
    assert compared({name: here}, {name: there}) == (
        [f"app/{FUNCTION} {name}"] if is_smaller else []
    )


def test_a_nested_number_is_found_by_its_path() -> None:
    here = {"rule": [{"statement": [{"limit": 100}]}]}
    there = {"rule": [{"statement": [{"limit": 1000}]}]}
    assert compared(here, there) == [f"app/{FUNCTION} rule.0.statement.0.limit"]


def test_fewer_resources_in_prod_are_found_and_more_are_not() -> None:
    zones = [resource(f'aws_nat_gateway.this["{zone}"]', zone) for zone in "abc"]
    one, two = unit(*zones[:1]), unit(*zones[:2], env="dev", is_protected=False)
    assert found(rules.smaller(one, two)) == ["app/aws_nat_gateway.this"]
    assert found(rules.smaller(unit(*zones), two)) == []


def test_instances_of_one_resource_are_one_finding() -> None:
    here = [resource(f'aws_subnet.this["{zone}"]', zone, size=1) for zone in "ab"]
    there = [resource(f'aws_subnet.this["{zone}"]', zone, size=2) for zone in "ab"]
    dev = unit(*there, env="dev", is_protected=False)
    assert found(rules.smaller(unit(*here), dev)) == ["app/aws_subnet.this size"]
