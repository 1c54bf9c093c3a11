"""What moto lacks or gets wrong, one file a subject, built into moto's own classes.

Each file has an ``install`` that runs once, before moto answers the first request of a service;
what it adds to the state lives in moto's own objects, so accounts, Regions, snapshots and resets
hold for it as they do for the rest::

    lambda_configuration   a function's logging, SnapStart and the like, for each version
    lambda_aliases         routing weights of an alias, validated
    composite_alarms       alarms over alarms, in the state that their rule comes to
    metric_data            data points: bounded, with percentiles, by their exact dimensions
    log_events             no more than a worker's newest
    log_metrics            what log events become: filters (filter_pattern), embedded metrics
    log_search             filter patterns of searches; queries, no further than they go
    logs_access            who may make a log group
    query_definitions      saved queries of CloudWatch Logs Insights
    s3_access              policies of buckets, endpoints and workers, with their conditions
    s3_subresources        those that moto takes for the bucket itself
    s3_access_logs         who asked a bucket for what, in the bucket that it names
    s3_replication         objects appear where a bucket's replication rules lead
    replication_configuration
                           those rules, checked and shown as they were put
    load_balancer_logs     those of load balancers go where they may be written
    load_balancer_protection
                           one with deletion protection is not deleted
    load_balancer_limits   what AWS refuses in a rule; regular expressions in its conditions
    load_balancer_priorities
                           rules change places in one call
    load_balancer_transforms
                           what a rule rewrites
    load_balancer_targets  one function a target group, and no health where nobody asks for it
    security_group_rules   descriptions of rules to groups and prefix lists
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

_OF_SERVICE: Mapping[str, tuple[str, ...]] = {
    "core": ("core.instance_tracking", "ec2.instance_type_offerings"),
    "iam": ("iam.managed_policies",),
    "awslambda": ("awslambda.function_configuration", "awslambda.aliases"),
    "cloudwatch": ("cloudwatch.composite_alarms", "cloudwatch.metric_data"),
    "logs": (
        "logs.query_definitions",
        "logs.log_events",
        "logs.metric_filters",
        "logs.log_search",
        "logs.put_events_access",
    ),
    "s3": (
        "s3.subresources",
        "s3.s3_access",
        "s3.server_access_logs",
        "s3.replication_configuration",
        "s3.s3_replication",
    ),
    "elb": (  # the two versions of the API share a host
        "elbv2.log_attributes",
        "elbv2.deletion_protection",
        "elbv2.limits",
        "elbv2.rule_priorities",
        "elbv2.rule_transforms",
        "elbv2.lambda_targets",
    ),
    "ec2": ("ec2.security_group_rules",),
}
"""Files by moto's name of a service. moto loads a service when it is first asked for; so do we."""

_installed: set[str] = set()


def install(service: str) -> None:
    """Extend a service of moto; once, however often it is called."""
    if service in _installed:
        return
    _installed.add(service)
    for name in _OF_SERVICE.get(service, ()):
        importlib.import_module(f"{__name__}.{name}").install()
