"""Reads the web ACL of a load balancer through the WAF API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from local_aws.waf.request_components import Settings, UnsupportedError, only_member
from local_aws.waf.statements import Network, References, StatementCompiler
from local_aws.waf.web_acl import Action, CustomResponse, Rule, WebAcl

if TYPE_CHECKING:
    from mypy_boto3_wafv2 import WAFV2Client

_COUNT: Settings = {"Count": {}}
_CONTENT_TYPES = {
    "APPLICATION_JSON": "application/json",
    "TEXT_HTML": "text/html",
    "TEXT_PLAIN": "text/plain",
}


def describe(waf: WAFV2Client, resource_arn: str) -> tuple[Settings, References] | None:
    """Return the web ACL of a load balancer and everything it refers to, or None without one.

    The results of two calls are equal if the web ACL did not change. Raises what boto3 raises.
    """
    from botocore.exceptions import ClientError

    try:
        found: Any = waf.get_web_acl_for_resource(ResourceArn=resource_arn).get("WebACL")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "WAFNonexistentItemException":
            return None
        raise
    if not found:
        return None
    references = _Described()
    references.describe(waf, found.get("Rules"))
    return found, references


def web_acl(item: Settings, references: References) -> WebAcl:
    """Build a web ACL from a ``WebACL`` of the API; unsupported rules are skipped."""
    namespace = item.get("LabelNamespace") or ""
    bodies = item.get("CustomResponseBodies") or {}
    rules: list[Rule] = []
    skipped_rules: dict[str, str] = {}
    for each in _by_priority(item.get("Rules")):
        name = str(each["Name"])
        group = each["Statement"].get("RuleGroupReferenceStatement")
        try:
            if group:
                rules += _group_rules(each, group, references, skipped_rules)
            else:
                rules.append(_rule(name, each, StatementCompiler(references, namespace), bodies))
        except UnsupportedError as error:
            skipped_rules[name] = str(error)
    return WebAcl(
        arn=item.get("ARN") or "",
        name=item.get("Name") or "",
        rules=tuple(rules),
        default=_action(item["DefaultAction"], bodies),
        skipped_rules=skipped_rules,
    )


def _rule(
    name: str, settings: Settings, compiler: StatementCompiler, bodies: Mapping[str, Any]
) -> Rule:
    return Rule(
        name,
        compiler.compile(settings["Statement"]),
        # A managed rule group has an override instead of an action and is unsupported.
        _action(settings.get("Action") or {}, bodies),
        tuple(compiler.label(label["Name"]) for label in settings.get("RuleLabels") or ()),
    )


def _group_rules(
    referring: Settings, reference: Settings, references: References, skipped_rules: dict[str, str]
) -> Iterator[Rule]:
    """Yield the rules of a rule group, with the overrides of the rule that refers to the group."""
    group = references.rule_group(reference["ARN"])
    compiler = StatementCompiler(references, group.get("LabelNamespace") or "")
    actions = {
        each["Name"]: each["ActionToUse"] for each in reference.get("RuleActionOverrides") or ()
    }
    actions |= {each["Name"]: _COUNT for each in reference.get("ExcludedRules") or ()}
    for each in _by_priority(group.get("Rules")):
        action = (
            _COUNT if "Count" in (referring.get("OverrideAction") or {}) else each.get("Action")
        )
        settings = {**each, "Action": actions.get(each["Name"], action)}
        name = f"{referring['Name']}/{each['Name']}"
        try:
            yield _rule(name, settings, compiler, group.get("CustomResponseBodies") or {})
        except UnsupportedError as error:
            skipped_rules[name] = str(error)


def _by_priority(rules: Sequence[Settings] | None) -> list[Settings]:
    return sorted(rules or (), key=lambda rule: int(rule["Priority"]))


def _action(settings: Settings, bodies: Mapping[str, Any]) -> Action:
    if "Block" in settings:
        custom = (settings["Block"] or {}).get("CustomResponse")
        return Action("block", _response(custom, bodies) if custom else None)
    if "Allow" in settings:
        return Action("allow")
    if "Count" in settings:
        return Action("count")
    raise UnsupportedError(f"the action {only_member(settings)[0]}")


def _response(custom: Settings, bodies: Mapping[str, Any]) -> CustomResponse:
    body = bodies.get(custom.get("CustomResponseBodyKey") or "") or {}
    return CustomResponse(
        status=int(custom["ResponseCode"]),
        content_type=_CONTENT_TYPES.get(body.get("ContentType", ""), "text/plain"),
        body=str(body.get("Content") or "").encode(),
        headers=tuple(
            (header["Name"], header["Value"]) for header in custom.get("ResponseHeaders") or ()
        ),
    )


@dataclass(slots=True)
class _Described:
    """Sets and rule groups as the API describes them, by ARN."""

    items: dict[str, Any] = field(default_factory=dict)

    def describe(self, waf: WAFV2Client, settings: Any) -> None:
        """Describe everything that statements refer to, also within rule groups."""
        if isinstance(settings, list):
            for each in settings:
                self.describe(waf, each)
        elif isinstance(settings, Mapping):
            for kind, value in settings.items():
                operation = _REFERENCES.get(kind)
                if operation is not None and value["ARN"] not in self.items:
                    self.items[value["ARN"]] = operation(waf, value["ARN"])
                    self.describe(waf, self.items[value["ARN"]].get("Rules"))
                self.describe(waf, value)

    def addresses(self, arn: str) -> Sequence[Network]:
        return [ip_network(text, strict=False) for text in self.items[arn]["Addresses"]]

    def patterns(self, arn: str) -> Sequence[str]:
        return [each["RegexString"] for each in self.items[arn]["RegularExpressionList"]]

    def rule_group(self, arn: str) -> Settings:
        found: Settings = self.items[arn]
        return found


def _named(arn: str) -> Any:
    """Return the arguments of a call from an ARN such as ``…:regional/ipset/NAME/ID``."""
    scope, _, name, identifier = arn.rsplit(":", 1)[-1].split("/")
    return {"Name": name, "Id": identifier, "Scope": scope.upper()}


_REFERENCES: dict[str, Callable[[WAFV2Client, str], Any]] = {
    "IPSetReferenceStatement": lambda waf, arn: waf.get_ip_set(**_named(arn))["IPSet"],
    "RegexPatternSetReferenceStatement": lambda waf, arn: waf.get_regex_pattern_set(**_named(arn))[
        "RegexPatternSet"
    ],
    "RuleGroupReferenceStatement": lambda waf, arn: waf.get_rule_group(ARN=arn)["RuleGroup"],
}
