"""Who may do what: policy documents, roles, and secrets that are in the open."""

from __future__ import annotations

import re
from collections.abc import Iterator

from terrarium.policy.documents import Statement, statements
from terrarium.policy.finding import Finding
from terrarium.policy.units import UnitPlan
from terrarium.terraform.plan import Resource

_KEY_POLICIES = ("aws_kms_key", "aws_kms_key_policy", "aws_kms_replica_key")
_ROLES = ("aws_iam_role", "aws_iam_user")
_RESOURCE_PART = 5

_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY")
_SECRET_VALUE = re.compile(
    r"^(?:A(?:KIA|SIA)[A-Z0-9]{16}$|gh[opsu]_|github_pat_|xox[abp]-|sk_live_|-----BEGIN )"
    r"|://[^/\s:@]+:[^/\s:@]+@"
)


def wildcards(unit: UnitPlan) -> Iterator[Finding]:
    """No statement allows every action, resource or principal, or all but some."""
    for resource in unit.plan.resources:
        for statement in statements(unit, resource):
            found = list(_wildcards_of(resource, statement)) if statement.allows else []
            if found:
                message = f"it allows {', '.join(found)}"
                yield Finding(unit.unit, resource.base, message, statement.name)


def roles_without_a_boundary(unit: UnitPlan) -> Iterator[Finding]:
    """Every role and user has a permissions boundary: whoever may make roles cannot make one that
    may do more."""
    for role in unit.plan.of(*_ROLES):
        if not role.is_set("permissions_boundary"):
            yield Finding(unit.unit, role.base, "it has no permissions boundary")


def secrets_in_the_environment(unit: UnitPlan) -> Iterator[Finding]:
    """No environment variable of a function holds a secret: anybody who may read the function's
    configuration, or its state, reads it. The ARN of a secret is none."""
    for function in unit.plan.of("aws_lambda_function"):
        for block in function.blocks("environment"):
            for name, value in (block.get("variables") or {}).items():
                if _is_secret(name, str(value)):
                    yield Finding(unit.unit, function.base, f"{name} looks like a secret", name)


def _wildcards_of(resource: Resource, statement: Statement) -> Iterator[str]:
    yield from (f"the action {action}" for action in statement.actions if "*" in action)
    # In a key policy, * is the key itself: KMS Developer Guide, "Elements of a key policy".
    if resource.type not in _KEY_POLICIES:
        every = (name for name in statement.resources if _is_every_resource(name))
        yield from (f"the resource {name}" for name in every)
    if "*" in statement.principals:
        yield "every principal"
    yield from (f"all but its {element}" for element in statement.excepted)


def _is_every_resource(name: str) -> bool:
    """``*``, and an ARN that names nothing but wildcards: ``arn:aws:s3:::*``."""
    parts = name.split(":", _RESOURCE_PART)
    return not parts[-1].strip("*/:")


def _is_secret(name: str, value: str) -> bool:
    if not value or value.startswith("arn:"):
        return False
    return bool(_SECRET_NAME.search(name.upper()) or _SECRET_VALUE.search(value))
