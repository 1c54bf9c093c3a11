"""What is no policy."""

from __future__ import annotations


class MalformedPolicyError(ValueError):
    """A document that IAM would refuse; the text says where."""
