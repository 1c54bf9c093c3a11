"""Functions for times, which are RFC 3339 texts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

from terragrunt_runner.language.scope import Library
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import InvalidValueError

LIBRARY = Library()

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_TOKEN = re.compile(r"'(?:[^']|'')*'?|([A-Za-z])\1*|[^A-Za-z']+")


@LIBRARY.define("timestamp")
@LIBRARY.define("plantimestamp")
def timestamp() -> str:
    return _format_time(datetime.now(UTC))


@LIBRARY.define("timeadd", STRING, STRING)
def timeadd(start: str, duration: str) -> str:
    moment, fraction = _parse_time(start)
    total = fraction + _parse_duration(duration)
    try:
        return _format_time(moment + timedelta(seconds=total.numerator // total.denominator))
    except OverflowError:
        raise InvalidValueError("the result is not a year that can be written") from None


@LIBRARY.define("timecmp", STRING, STRING)
def timecmp(left: str, right: str) -> int:
    a, b = _parse_time(left), _parse_time(right)
    return (a > b) - (a < b)


@LIBRARY.define("formatdate", STRING, STRING)
def formatdate(specification: str, time: str) -> str:
    moment, _ = _parse_time(time)
    return "".join(_format_token(match.group(), moment) for match in _TOKEN.finditer(specification))


def _format_token(token: str, moment: datetime) -> str:
    if token.startswith("'"):
        if len(token) < 2 or not token.endswith("'"):
            raise InvalidValueError("a quote in the format is not closed")
        return token[1:-1].replace("''", "'") or "'"
    if not token[0].isalpha():
        return token
    values = _date_fields(moment)
    if token not in values:
        raise InvalidValueError(
            f"{token!r} is not part of a date format; put literal letters in single quotes"
        )
    return values[token]


def _date_fields(moment: datetime) -> dict[str, str]:
    hour = moment.hour % 12 or 12
    offset = _offset(moment)
    compact = offset.replace(":", "")
    utc = offset == "+00:00"
    month, day = _MONTHS[moment.month - 1], _DAYS[moment.weekday()]
    return {
        "YYYY": f"{moment.year:04}",
        "YY": f"{moment.year % 100:02}",
        "MMMM": month,
        "MMM": month[:3],
        "MM": f"{moment.month:02}",
        "M": str(moment.month),
        "DD": f"{moment.day:02}",
        "D": str(moment.day),
        "EEEE": day,
        "EEE": day[:3],
        "hh": f"{moment.hour:02}",
        "h": str(moment.hour),
        "HH": f"{hour:02}",
        "H": str(hour),
        "AA": "AM" if moment.hour < 12 else "PM",
        "aa": "am" if moment.hour < 12 else "pm",
        "mm": f"{moment.minute:02}",
        "m": str(moment.minute),
        "ss": f"{moment.second:02}",
        "s": str(moment.second),
        "ZZZZZ": offset,
        "ZZZZ": compact,
        "ZZZ": "UTC" if utc else compact,
        "Z": "Z" if utc else offset,
    }


def _parse_time(text: str) -> tuple[datetime, Fraction]:
    """Return a time in whole seconds, and the fraction of a second after it."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise InvalidValueError(f"{text!r} is not an RFC 3339 time such as 2006-01-02T15:04:05Z")
    zone = UTC
    if match[8]:
        offset = timedelta(hours=int(match[9]), minutes=int(match[10]))
        zone = timezone(-offset if match[8] == "-" else offset) if offset else UTC
    try:
        moment = datetime(*(int(part) for part in match.groups()[:6]), tzinfo=zone)  # type: ignore[misc,arg-type]
    except ValueError as error:
        raise InvalidValueError(f"{text!r} is not a time: {error}") from None
    return moment, Fraction(f"0.{match[7]}" if match[7] else 0)


def _format_time(moment: datetime) -> str:
    offset = _offset(moment)
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + ("Z" if offset == "+00:00" else offset)


def _offset(moment: datetime) -> str:
    delta = moment.utcoffset() or timedelta()
    minutes = int(delta.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _parse_duration(duration: str) -> Fraction:
    sign = -1 if duration.startswith("-") else 1
    rest = duration[1:] if duration[:1] in ("+", "-") else duration
    if rest == "0":
        return Fraction(0)
    total, position = Fraction(0), 0
    while match := _DURATION.match(rest, position):
        total += Fraction(match[1].rstrip(".")) * _UNITS[match[2]]
        position = match.end()
    if not rest or position < len(rest):
        raise InvalidValueError(f"{duration!r} is not a duration such as 1h30m")
    return sign * total
