"""IAM policy evaluation.

statement             policies and their statements, parsed from JSON
principal             the caller, and the Principal and NotPrincipal elements
condition_operators   the Condition element
policy_variables      ``${...}`` in the values of a policy
evaluation            the decision when several policies apply to one request
"""

from __future__ import annotations


class MalformedPolicyError(ValueError):
    """IAM would refuse the policy document; the message says why."""
