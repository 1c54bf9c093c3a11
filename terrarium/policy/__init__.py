"""Policy checks of the modules and the plans.

checkov checks single resources, with its checks and ours. Rules check what crosses resources, units
and environments. An accepted finding has a reason: inline in the module for checkov, in
``live/policy.toml`` for a rule.
"""
