"""Saved queries of CloudWatch Logs Insights.

Source: CloudWatch Logs API reference, PutQueryDefinition, DescribeQueryDefinitions and
DeleteQueryDefinition.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException

_NAME_LENGTH = 255
_QUERY_LENGTH = 10_000
_GROUPS = 50
_PAGE = 1_000
_DEFAULT_LANGUAGE = "CWLI"
_TOKEN = "_clientToken"  # noqa: S105 - the idempotency token of a request


def put_query_definition(response: Any) -> str:
    """Save a new query, or replace the one with the given id."""
    saved = _saved(response)
    definition = {
        name: response._get_param(name)
        for name in ("name", "queryString", "logGroupNames", "queryLanguage")
    }
    _check(definition)
    identifier = response._get_param("queryDefinitionId")
    token = response._get_param("clientToken")
    if identifier is None:
        again = (each for each, known in saved.items() if token and known[_TOKEN] == token)
        identifier = next(again, None) or str(uuid.uuid4())
    elif identifier not in saved:
        raise ResourceNotFoundException("The specified query definition does not exist.")
    saved[identifier] = {
        "queryDefinitionId": identifier,
        "name": definition["name"],
        "queryString": definition["queryString"],
        "logGroupNames": definition["logGroupNames"] or [],
        "queryLanguage": definition["queryLanguage"] or _DEFAULT_LANGUAGE,
        "lastModified": time.time_ns() // 1_000_000,
        _TOKEN: token,
    }
    return json.dumps({"queryDefinitionId": identifier})


def describe_query_definitions(response: Any) -> str:
    """Return a page of queries, sorted by name."""
    prefix = response._get_param("queryDefinitionNamePrefix") or ""
    language = response._get_param("queryLanguage")
    found = sorted(
        (
            {name: value for name, value in each.items() if name != _TOKEN}
            for each in _saved(response).values()
            if each["name"].startswith(prefix) and language in {None, each["queryLanguage"]}
        ),
        key=lambda each: (each["name"], each["queryDefinitionId"]),
    )
    first = int(response._get_param("nextToken") or 0)
    last = first + int(response._get_param("maxResults") or _PAGE)
    page: dict[str, Any] = {"queryDefinitions": found[first:last]}
    if last < len(found):
        page["nextToken"] = str(last)
    return json.dumps(page)


def delete_query_definition(response: Any) -> str:
    identifier = response._get_param("queryDefinitionId")
    if _saved(response).pop(identifier, None) is None:
        raise ResourceNotFoundException("The specified query definition does not exist.")
    return json.dumps({"success": True})


def _saved(response: Any) -> dict[str, dict[str, Any]]:
    """Return the queries by id; kept in moto's backend, so that a snapshot has them."""
    saved: dict[str, dict[str, Any]] = vars(response.logs_backend).setdefault(
        "query_definitions", {}
    )
    return saved


def _check(definition: dict[str, Any]) -> None:
    for name, most in (("name", _NAME_LENGTH), ("queryString", _QUERY_LENGTH)):
        if not 1 <= len(definition[name] or "") <= most:
            raise InvalidParameterException(
                constraint=f"Member must have length between 1 and {most}",
                parameter=name,
                value=definition[name],
            )
    if len(definition["logGroupNames"] or []) > _GROUPS:
        raise InvalidParameterException(f"A query has at most {_GROUPS} log groups.")
