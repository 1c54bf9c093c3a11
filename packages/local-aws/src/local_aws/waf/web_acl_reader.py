"""The web ACL of a load balancer, from the answers of the WAF API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from local_aws.waf.request_components import NotEvaluatedError, Settings, only
from local_aws.waf.statements import Compiler, Network, Sets
from local_aws.waf.web_acl import Action, CustomResponse, Rule, WebAcl

if TYPE_CHECKING:
    from mypy_boto3_wafv2 import WAFV2Client

_COUNT: Settings = {"Count": {}}
_CONTENT_TYPES = {
    "APPLICATION_JSON": "application/json",
    "TEXT_HTML": "text/html",
    "TEXT_PLAIN": "text/plain",
}


def ask(waf: WAFV2Client, resource_arn: str) -> tuple[Settings, Sets] | None:
    """The web ACL in front of a load balancer with all that it refers to, or None.

    Two answers are equal when the web ACL is the same. Raises what boto3 raises.
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
    sets = _AnsweredSets()
    sets.fill(waf, found.get("Rules"))
    return found, sets


def web_acl(answer: Settings, sets: Sets) -> WebAcl:
    """From a ``WebACL`` of the API; rules that cannot be evaluated are left out by name."""
    namespace = answer.get("LabelNamespace") or ""
    bodies = answer.get("CustomResponseBodies") or {}
    rules: list[Rule] = []
    left_out: dict[str, str] = {}
    for each in _by_priority(answer.get("Rules")):
        name = str(each["Name"])
        group = each["Statement"].get("RuleGroupReferenceStatement")
        try:
            if group:
                rules += _group_rules(each, group, sets, left_out)
            else:
                rules.append(_rule(name, each, Compiler(sets, namespace), bodies))
        except NotEvaluatedError as error:
            left_out[name] = str(error)
    return WebAcl(
        arn=answer.get("ARN") or "",
        name=answer.get("Name") or "",
        rules=tuple(rules),
        default=_action(answer["DefaultAction"], bodies),
        left_out=left_out,
    )


def _rule(name: str, settings: Settings, compiler: Compiler, bodies: Mapping[str, Any]) -> Rule:
    return Rule(
        name,
        compiler.compile(settings["Statement"]),
        # A managed rule group has an override in place of an action; none of them is evaluated.
        _action(settings.get("Action") or {}, bodies),
        tuple(compiler.label(label["Name"]) for label in settings.get("RuleLabels") or ()),
    )


def _group_rules(
    referring: Settings, reference: Settings, sets: Sets, left_out: dict[str, str]
) -> Iterator[Rule]:
    """The rules of a rule group, each as the rule that refers to the group wants it to act."""
    group = sets.rule_group(reference["ARN"])
    compiler = Compiler(sets, group.get("LabelNamespace") or "")
    actions = {
        each["Name"]: each["ActionToUse"] for each in reference.get("RuleActionOverrides") or ()
    }
    actions |= {each["Name"]: _COUNT for each in reference.get("ExcludedRules") or ()}
    for each in _by_priority(group.get("Rules")):
        own = _COUNT if "Count" in (referring.get("OverrideAction") or {}) else each.get("Action")
        settings = {**each, "Action": actions.get(each["Name"], own)}
        name = f"{referring['Name']}/{each['Name']}"
        try:
            yield _rule(name, settings, compiler, group.get("CustomResponseBodies") or {})
        except NotEvaluatedError as error:
            left_out[name] = str(error)


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
    raise NotEvaluatedError(f"the action {only(settings)[0]}")


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
class _AnsweredSets:
    """The answers of the API about each set and rule group, by ARN."""

    answers: dict[str, Any] = field(default_factory=dict)

    def fill(self, waf: WAFV2Client, settings: Any) -> None:
        """Ask for everything that statements refer to, however deep; rule groups have their own."""
        if isinstance(settings, list):
            for each in settings:
                self.fill(waf, each)
        elif isinstance(settings, Mapping):
            for kind, value in settings.items():
                operation = _REFERENCES.get(kind)
                if operation is not None and value["ARN"] not in self.answers:
                    self.answers[value["ARN"]] = operation(waf, value["ARN"])
                    self.fill(waf, self.answers[value["ARN"]].get("Rules"))
                self.fill(waf, value)

    def addresses(self, arn: str) -> Sequence[Network]:
        return [ip_network(text, strict=False) for text in self.answers[arn]["Addresses"]]

    def patterns(self, arn: str) -> Sequence[str]:
        return [each["RegexString"] for each in self.answers[arn]["RegularExpressionList"]]

    def rule_group(self, arn: str) -> Settings:
        found: Settings = self.answers[arn]
        return found


def _named(arn: str) -> Any:
    """``…:regional/ipset/NAME/ID`` as the arguments of a call."""
    scope, _, name, identifier = arn.rsplit(":", 1)[-1].split("/")
    return {"Name": name, "Id": identifier, "Scope": scope.upper()}


_REFERENCES: dict[str, Callable[[WAFV2Client, str], Any]] = {
    "IPSetReferenceStatement": lambda waf, arn: waf.get_ip_set(**_named(arn))["IPSet"],
    "RegexPatternSetReferenceStatement": lambda waf, arn: waf.get_regex_pattern_set(**_named(arn))[
        "RegexPatternSet"
    ],
    "RuleGroupReferenceStatement": lambda waf, arn: waf.get_rule_group(ARN=arn)["RuleGroup"],
}
