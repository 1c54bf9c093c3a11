"""Desync mitigation: classification of requests that two HTTP servers may read differently.

Sources: Application Load Balancers guide, "Desync mitigation mode" and "Access logs",
classification reasons; documentation of AWS's HTTP Desync Guardian.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Classification(IntEnum):
    """Ordered by danger."""

    COMPLIANT = 0
    ACCEPTABLE = 1
    AMBIGUOUS = 2
    SEVERE = 3


class ClassificationReason(StrEnum):
    """Spelled as in the access log."""

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
    def classification(self) -> Classification:
        return _CLASSIFICATIONS.get(self, Classification.SEVERE)


_CLASSIFICATIONS = {
    ClassificationReason.AMBIGUOUS_URI: Classification.AMBIGUOUS,
    ClassificationReason.BOTH_TE_CL_PRESENT: Classification.AMBIGUOUS,
    ClassificationReason.DUPLICATE_CONTENT_LENGTH: Classification.AMBIGUOUS,
    ClassificationReason.EMPTY_HEADER: Classification.AMBIGUOUS,
    ClassificationReason.GET_HEAD_ZERO_CONTENT_LENGTH: Classification.ACCEPTABLE,
    ClassificationReason.NON_COMPLIANT_HEADER: Classification.ACCEPTABLE,
    ClassificationReason.NON_COMPLIANT_VERSION: Classification.ACCEPTABLE,
    ClassificationReason.SPACE_IN_URI: Classification.ACCEPTABLE,
    ClassificationReason.SUSPICIOUS_HEADER: Classification.AMBIGUOUS,
    ClassificationReason.UNDEFINED_CONTENT_LENGTH_SEMANTICS: Classification.AMBIGUOUS,
    ClassificationReason.UNDEFINED_TRANSFER_ENCODING_SEMANTICS: Classification.AMBIGUOUS,
}


def most_dangerous(reasons: list[ClassificationReason]) -> ClassificationReason | None:
    """Return the first reason with the highest classification; None for a compliant request."""
    return max(reasons, key=lambda each: each.classification) if reasons else None


def is_blocked(reason: ClassificationReason | None, mode: str) -> bool:
    """Return whether a load balancer in this mode answers 400 and closes the connection.

    A severe request without a knowable end is refused in every mode, before this is asked.
    """
    classification = Classification.COMPLIANT if reason is None else reason.classification
    match mode:
        case "monitor":
            return False
        case "strictest":
            return classification > Classification.COMPLIANT
        case _:
            return classification is Classification.SEVERE


def must_close(reason: ClassificationReason | None, mode: str) -> bool:
    """Return whether the connection closes after the response to a request that is not blocked."""
    if mode == "monitor" or reason is None:
        return False
    return reason.classification >= Classification.AMBIGUOUS
