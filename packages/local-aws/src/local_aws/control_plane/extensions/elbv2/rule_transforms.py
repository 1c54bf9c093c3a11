"""Transforms of listener rules, validated and shown.

Source: Application Load Balancers guide, "Transforms for listener rules"; Elastic Load Balancing
API reference, CreateRule, ModifyRule and RuleTransform.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import RuleNotFoundError

from local_aws.control_plane.extensions.elbv2.listener_rules import check_pattern, invalid

_CONFIGURATIONS = {
    "host-header-rewrite": "HostHeaderRewriteConfig",
    "url-rewrite": "UrlRewriteConfig",
}
_CHARACTERS = 1_024


def create_rule(original: Any, response: Any) -> Any:
    transforms = response._get_params().get("Transforms", [])
    _check(transforms)
    answer = original(response)
    if transforms:
        answer.result["Rules"][0].transforms = transforms
    return answer


def modify_rule(original: Any, response: Any) -> Any:
    params = response._get_params()
    transforms = params.get("Transforms", [])
    if not transforms and str(params.get("ResetTransforms", "")).lower() != "true":
        return original(response)
    _check(transforms)
    rules = response.elbv2_backend.describe_rules(None, [params["RuleArn"]])
    if not rules:
        raise RuleNotFoundError
    if rules[0].is_default:
        raise invalid("The default rule cannot have transforms")
    if params.get("Conditions") or params.get("Actions"):
        original(response)
    rules[0].transforms = transforms
    return ActionResult({"Rules": rules})


def _check(transforms: Sequence[dict[str, Any]]) -> None:
    for kind, count in Counter(each.get("Type") for each in transforms).items():
        if kind not in _CONFIGURATIONS:
            raise invalid(f"A transform must be one of {sorted(_CONFIGURATIONS)}")
        if count > 1:
            raise invalid(f"A rule can only have one '{kind}' transform")
    for transform in transforms:
        rewrites = (transform.get(_CONFIGURATIONS[transform["Type"]]) or {}).get("Rewrites") or []
        if len(rewrites) != 1:
            raise invalid("A transform must have one rewrite")
        if max(len(rewrites[0]["Regex"]), len(rewrites[0]["Replace"])) > _CHARACTERS:
            raise invalid(f"A rewrite has at most '{_CHARACTERS}' characters")
        check_pattern(rewrites[0]["Regex"])
