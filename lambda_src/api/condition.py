"""Conditional requests (RFC 9110, section 13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from api.problem import PreconditionFailed

_TAG = re.compile(r'[ \t]*((?:W/)?"[^\x00-\x20"\x7f]*")?[ \t]*(?:,|$)')

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_WEEKDAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_DATES = (
    f"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",
    f"{_WEEKDAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
    f"{_DAY} {_MONTH} (?P<day>[0-9 ][0-9]) {_TIME} (?P<year>[0-9]{{4}})",
)
"""The three date formats of section 5.6.7."""


def not_modified(headers: Mapping[str, str], etag: str, modified: int | None) -> bool:
    """Return whether the answer to a GET or HEAD is a 304. Raises PreconditionFailed.

    Follows the order of section 13.2.2. A malformed list of tags matches nothing. A malformed date,
    or a date when the document has none, is ignored.
    """
    match = headers.get("if-match")
    if match is not None:
        if not (_is_any(match) or (etag in _tags(match) and not etag.startswith("W/"))):
            raise PreconditionFailed
    elif modified is not None:
        limit = parse_date(headers.get("if-unmodified-since"))
        if limit is not None and modified > limit:
            raise PreconditionFailed
    none_match = headers.get("if-none-match")
    if none_match is not None:
        opaque = etag.removeprefix("W/")
        tags = _tags(none_match)
        return _is_any(none_match) or any(tag.removeprefix("W/") == opaque for tag in tags)
    since = parse_date(headers.get("if-modified-since"))
    return since is not None and modified is not None and modified <= since


def _is_any(field: str) -> bool:
    return field.strip(" \t") == "*"


def _tags(field: str) -> list[str]:
    """Return the entity tags of a list, which may have empty elements."""
    tags = []
    position = 0
    while position < len(field):
        match = _TAG.match(field, position)
        if match is None:
            return []
        if match[1]:
            tags.append(match[1])
        position = match.end()
    return tags


def parse_date(text: str | None) -> int | None:
    """Return seconds since the epoch, or None if the text is not an HTTP date."""
    found = text and next(filter(None, (re.fullmatch(form, text) for form in _DATES)), None)
    if not found:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        # A date more than 50 years ahead is in the past (section 5.6.7).
        this_year = datetime.now(UTC).year
        year += this_year - this_year % 100
        year -= 100 if year > this_year + 50 else 0
    second = int(found["second"])
    leap = second == 60
    try:
        moment = datetime(
            year,
            _MONTHS.index(found["month"]) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            second - leap,
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)) + leap
