"""Registry of every patch on moto, granian and awslambdaric.

docs/reference/local-aws-services.md shows it as a table. pyproject.toml pins the versions.
"""

from __future__ import annotations

import functools

from local_aws.control_plane import patching
from local_aws.control_plane.patching import add, extension, override, replace, wrap

VERSIONS = {"moto": "5.2.5", "granian": "2.8.7", "awslambdaric": "4.2.2"}

_MODULES = "control_plane.extensions"
EXTENSIONS = (
    extension(
        f"{_MODULES}.core.instance_tracking",
        "moto keeps every model instance for its dashboard: deleted resources stay in memory.",
        replace("moto.core.common_models.BaseModel", __new__="08cf0ef2"),
    ),
    extension(  # before another module imports moto.ec2
        f"{_MODULES}.ec2.instance_type_offerings",
        "moto keeps the instance types of all zones of all Regions in memory: 50 MB.",
        wrap("moto.utilities.utils", load_resource="2ca8e1c4"),
    ),
    extension(
        f"{_MODULES}.ec2.default_vpc",
        "moto creates the default VPC without an internet gateway.",
        wrap("moto.ec2.models.vpcs.VPCBackend", create_default_vpc="b0d66afd"),
    ),
    extension(
        f"{_MODULES}.ec2.security_group_rules",
        "moto keeps descriptions of address ranges only, not of groups and prefix lists.",
        wrap(
            "moto.ec2.models.security_groups.SecurityGroupRule",
            __init__="883af0d5",
            description="d7622595",
        ),
        wrap(
            "moto.ec2.models.security_groups.SecurityGroupBackend",
            modify_security_group_rules="2b853b00",
        ),
    ),
    extension(
        f"{_MODULES}.iam.managed_policies",
        "moto has either no AWS managed policies or all 1,300, 30 MB for each account.",
        wrap(
            "moto.iam.models.IAMBackend",
            attach_group_policy="5ffcedbe",
            attach_role_policy="e8207b10",
            attach_user_policy="79961b49",
            get_policy="1a91d19a",
            get_policy_version="649981b6",
            list_policies="09429e2a",
            list_policy_versions="973c3266",
        ),
    ),
    extension(
        f"{_MODULES}.awslambda.function_settings",
        "moto forgets a function's logging, SnapStart, tracing, storage and key settings.",
        wrap(
            "moto.awslambda.models.LambdaFunction",
            __init__="70a28522",
            get_code="06c9aab0",
            get_configuration="803fb04b",
            update_configuration="eca1cdec",
            update_function_code="64e3dbbb",
        ),
    ),
    extension(
        f"{_MODULES}.awslambda.alias_routing",
        "moto accepts routing weights that Lambda refuses.",
        wrap(
            "moto.awslambda.models.LambdaBackend", create_alias="60812474", update_alias="c24de125"
        ),
    ),
    extension(
        f"{_MODULES}.cloudwatch.composite_alarms",
        "moto cannot create composite alarms, and ignores filters of DescribeAlarms.",
        add("moto.cloudwatch.responses.CloudWatchResponse", "put_composite_alarm"),
        wrap("moto.cloudwatch.responses.CloudWatchResponse", describe_alarms="f660829b"),
    ),
    extension(
        f"{_MODULES}.cloudwatch.metric_data",
        "moto keeps every value for ever, has no percentiles, and mixes dimensions up.",
        wrap(
            "moto.cloudwatch.models.CloudWatchBackend",
            get_metric_data="ea8fffaf",
            put_metric_data="300dda00",
        ),
        wrap("moto.cloudwatch.models.Statistics", get_statistics_for_type="d10becd7"),
        replace("moto.cloudwatch.responses.CloudWatchResponse", get_metric_statistics="76e1c092"),
    ),
    extension(
        f"{_MODULES}.logs.query_definitions",
        "moto has no saved queries of Logs Insights.",
        add(
            "moto.logs.responses.LogsResponse",
            "put_query_definition",
            "describe_query_definitions",
            "delete_query_definition",
        ),
    ),
    extension(
        f"{_MODULES}.logs.log_events",
        "moto keeps all log events, and derives no metrics from them.",
        wrap("moto.logs.models.LogsBackend", put_log_events="9413dbc0"),
    ),
    extension(
        f"{_MODULES}.logs.log_search",
        "moto ignores filter patterns and query commands that it does not know.",
        replace("moto.logs.models", EventMessageFilter="81f8435c"),
        wrap("moto.logs.models.LogsBackend", start_query="d476b4a8"),
    ),
    extension(
        f"{_MODULES}.logs.log_group_access",
        "moto lets a function create a log group, whatever its role allows.",
        wrap("moto.logs.responses.LogsResponse", create_log_group="4ebcce1b"),
    ),
    extension(
        f"{_MODULES}.s3.subresources",
        "moto takes an unknown subresource for the bucket or the object itself.",
        wrap("moto.s3.responses.S3Response", _bucket_response="15b194a3", _key_response="eb67586f"),
    ),
    extension(
        f"{_MODULES}.s3.authorization",
        "moto reads only bucket policy statements for everyone, and no conditions.",
        replace("moto.s3.models.FakeBucket", get_permission="7571412a"),
        wrap(
            "moto.s3.responses.S3Response",
            _bucket_response="15b194a3",
            _bucket_response_delete_keys="a916d30f",
            _key_response="eb67586f",
        ),
        wrap("moto.s3.models.S3Backend", put_bucket_policy="cb66d163"),
    ),
    extension(
        f"{_MODULES}.s3.server_access_logs",
        "moto writes an object with invented content for each request, and keeps them all.",
        replace("moto.s3.models.S3Backend", log_incoming_request="87cb27fc"),
        wrap("moto.s3.responses.S3Response", bucket_response="d560bab0", key_response="482dd528"),
    ),
    extension(
        f"{_MODULES}.s3.replication_configuration",
        "moto does not check a replication configuration, and shows it without filters.",
        wrap("moto.s3.models.S3Backend", put_bucket_replication="6dd7d63e"),
        replace("moto.s3.responses.S3Response", get_bucket_replication="5da06c98"),
    ),
    extension(
        f"{_MODULES}.s3.replication",
        "moto does not replicate objects.",
        wrap("moto.s3.responses.S3Response", _key_response="eb67586f"),
        wrap("moto.s3.models.S3Backend", delete_objects="22b7eca4"),
        wrap("moto.s3.models.FakeKey", response_dict="57d0ac8a"),
    ),
    extension(
        f"{_MODULES}.elbv2.load_balancer_attributes",
        "moto ignores deletion protection, and the bucket policy of access logs.",
        wrap(
            "moto.elbv2.models.ELBv2Backend",
            delete_load_balancer="57586269",
            modify_load_balancer_attributes="b054135b",
        ),
    ),
    extension(
        f"{_MODULES}.elbv2.lambda_targets",
        "moto accepts two functions in a target group, and calls every function healthy.",
        wrap("moto.elbv2.models.FakeTargetGroup", health_for="c402d586", register="d54f9b85"),
    ),
    extension(
        f"{_MODULES}.elbv2.listener_rules",
        "moto accepts rules that AWS refuses, and cannot swap the priorities of two rules.",
        wrap(
            "moto.elbv2.models.ELBv2Backend",
            _validate_actions="4344caf5",
            _validate_conditions="bf3d86e9",
            create_listener="51a390be",
            create_rule="e9c474f9",
            set_rule_priorities="8984c151",
        ),
    ),
    extension(
        f"{_MODULES}.elbv2.rule_transforms",
        "moto drops the transforms of a rule.",
        wrap("moto.elbv2.responses.ELBV2Response", create_rule="4aad5bb7", modify_rule="c0c92aa5"),
    ),
    extension(
        "control_plane.server",
        "granian binds with SO_REUSEPORT: two control planes could share a port.",
        override("granian.server.embed.Server", _init_shared_socket="a3c733cf"),
    ),
    extension(
        "lambda_runtime.bootstrap",
        "awslambdaric speaks HTTP to the Runtime API; a worker has a socket with frames instead.",
        override(
            "awslambdaric.lambda_runtime_client.LambdaRuntimeClient",
            __init__="01f85f3b",
            post_init_error="a0834ee1",
        ),
    ),
)


@functools.cache
def install() -> None:
    """Check and apply every patch, once in a process. Raises PatchError."""
    patching.install(EXTENSIONS, VERSIONS)
