"""RE2 regular expressions, for listener rules and web ACLs.

RE2 needs time linear in the text for every pattern, so a hostile request cannot stall the load
balancer. It has neither lookaround nor back references; nor have the rules of AWS.
"""

from __future__ import annotations

import re

import re2


class PatternError(ValueError):
    """The pattern is not a valid regular expression, or too large."""


class Regex:
    """A compiled pattern. Raises PatternError."""

    def __init__(self, pattern: str, *, ignore_case: bool = False, binary: bool = False) -> None:
        """With ``binary`` a dot stands for a byte, otherwise for a UTF-8 character."""
        options = re2.Options()
        options.case_sensitive = not ignore_case
        options.log_errors = False
        if binary:
            options.encoding = re2.Options.Encoding.LATIN1
        try:
            self._compiled = re2.compile(pattern.encode(), options)
        except (re2.error, UnicodeEncodeError) as error:
            reason = error.args[0] if error.args else error
            reason = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
            raise PatternError(f"{pattern!r} is not a regular expression: {reason}") from error

    def is_in(self, text: bytes) -> bool:
        """Return whether the pattern matches anywhere in the text."""
        return self._compiled.search(text) is not None

    def replace_first(self, text: str, template: str) -> str | None:
        """Return the text with the first match replaced, or None without a match.

        ``$1`` to ``$9`` in the template stand for groups. Raises PatternError for a group that the
        pattern does not have.
        """
        encoded = text.encode(errors="surrogateescape")
        match = self._compiled.search(encoded)
        if match is None:
            return None

        def group(reference: re.Match[str]) -> str:
            number = int(reference[1])
            if not 1 <= number <= self._compiled.groups:
                raise PatternError(f"the pattern has no group {number}")
            return (match[number] or b"").decode(errors="surrogateescape")

        replacement = re.sub(r"\$([0-9])", group, template).encode(errors="surrogateescape")
        replaced = encoded[: match.start()] + replacement + encoded[match.end() :]
        return replaced.decode(errors="surrogateescape")
