"""How dangerous a request looks to an HTTP server that reads it otherwise than the next one.

Source: Application Load Balancers guide, "Desync mitigation mode" and "Access logs", classification
reasons; details as in the documentation of AWS's HTTP Desync Guardian.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Tier(IntEnum):
    """Order is danger."""

    COMPLIANT = 0
    ACCEPTABLE = 1
    AMBIGUOUS = 2
    SEVERE = 3


class Reason(StrEnum):
    """As the access log spells them."""

    AMBIGUOUS_URI = "AmbiguousUri"
    BAD_CONTENT_LENGTH = "BadContentLength"
    BAD_HEADER = "BadHeader"
    BAD_METHOD = "BadMethod"
    BAD_TRANSFER_ENCODING = "BadTransferEncoding"
    BAD_URI = "BadUri"
    BAD_VERSION = "BadVersion"
    BOTH_TE_CL_PRESENT = "BothTeClPresent"
    DUPLICATE_CONTENT_LENGTH = "DuplicateContentLength"
    EMPTY_HEADER = "EmptyHeader"
    GET_HEAD_ZERO_CONTENT_LENGTH = "GetHeadZeroContentLength"
    MULTIPLE_CONTENT_LENGTH = "MultipleContentLength"
    MULTIPLE_TRANSFER_ENCODING_CHUNKED = "MultipleTransferEncodingChunked"
    NON_COMPLIANT_HEADER = "NonCompliantHeader"
    NON_COMPLIANT_VERSION = "NonCompliantVersion"
    SPACE_IN_URI = "SpaceInUri"
    SUSPICIOUS_HEADER = "SuspiciousHeader"
    UNDEFINED_CONTENT_LENGTH_SEMANTICS = "UndefinedContentLengthSemantics"
    UNDEFINED_TRANSFER_ENCODING_SEMANTICS = "UndefinedTransferEncodingSemantics"

    @property
    def tier(self) -> Tier:
        return _TIERS.get(self, Tier.SEVERE)


_TIERS = {
    Reason.AMBIGUOUS_URI: Tier.AMBIGUOUS,
    Reason.BOTH_TE_CL_PRESENT: Tier.AMBIGUOUS,
    Reason.DUPLICATE_CONTENT_LENGTH: Tier.AMBIGUOUS,
    Reason.EMPTY_HEADER: Tier.AMBIGUOUS,
    Reason.GET_HEAD_ZERO_CONTENT_LENGTH: Tier.ACCEPTABLE,
    Reason.NON_COMPLIANT_HEADER: Tier.ACCEPTABLE,
    Reason.NON_COMPLIANT_VERSION: Tier.ACCEPTABLE,
    Reason.SPACE_IN_URI: Tier.ACCEPTABLE,
    Reason.SUSPICIOUS_HEADER: Tier.AMBIGUOUS,
    Reason.UNDEFINED_CONTENT_LENGTH_SEMANTICS: Tier.AMBIGUOUS,
    Reason.UNDEFINED_TRANSFER_ENCODING_SEMANTICS: Tier.AMBIGUOUS,
}


def worst(findings: list[Reason]) -> Reason | None:
    """The first of those in the highest tier; None for a compliant request."""
    return max(findings, key=lambda each: each.tier) if findings else None


def is_blocked(finding: Reason | None, mode: str) -> bool:
    """Whether a load balancer in this mode answers 400; the connection is closed then.

    A severe request whose end cannot be known is not even read, in any mode.
    """
    tier = Tier.COMPLIANT if finding is None else finding.tier
    match mode:
        case "monitor":
            return False
        case "strictest":
            return tier > Tier.COMPLIANT
        case _:
            return tier is Tier.SEVERE


def must_close(finding: Reason | None, mode: str) -> bool:
    """Whether the connection ends with the answer to a request that is not blocked."""
    return mode != "monitor" and finding is not None and finding.tier >= Tier.AMBIGUOUS
