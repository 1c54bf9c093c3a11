"""``live/policy.toml``: what stands although a rule objects, and why.

One table a rule; each key is a finding's (``unit/address detail``), each value the reason, a
sentence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from terrarium import settings
from terrarium.errors import ConfigurationError

FILE = settings.LIVE / "policy.toml"

Reasons = Mapping[str, Mapping[str, str]]
"""Rule, then key of a finding, to the reason."""


def read(rules: Collection[str], file: Path = FILE) -> Reasons:
    """The reasons, none where there is no file.

    Raises ConfigurationError for a rule that is not in ``rules`` and for a key without a reason.
    """
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"not TOML: {error}", file=file) from None
    for rule, table in tables.items():
        if rule not in rules:
            raise ConfigurationError(
                f"there is no rule {rule!r}", file=file, hint=f"rules: {', '.join(sorted(rules))}"
            )
        if not isinstance(table, dict):
            raise ConfigurationError(f"{rule} is not a table of reasons", file=file)
        for key, reason in table.items():
            if not isinstance(reason, str) or not reason.strip():
                raise ConfigurationError(f"{rule}: {key!r} has no reason", file=file)
    return tables
