"""``policy``: what a security review would ask of the modules and the plans.

checkov says what scanners know; the rules here say what they miss. Whatever stands against either
has a reason in writing: inline in the module for checkov, in ``live/policy.toml`` for the rules.
"""
