locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name

  # Deploy roles and policies have a separate path. The apply role cannot change anything below it, so it
  # cannot extend its own permissions.
  path = "/deploy-access/"

  iam          = "arn:${local.partition}:iam::${local.account}"
  boundary_arn = "${local.iam}:policy${local.path}${var.name}-boundary"
  own_arns     = ["${local.iam}:role${local.path}*", "${local.iam}:policy${local.path}*", "${local.iam}:oidc-provider/*"]
  role_arns    = [for name in var.role_names : "${local.iam}:role/${name}"]

  bucket_arns = [for name in var.bucket_names : "arn:${local.partition}:s3:::${name}"]
  object_arns = [for arn in local.bucket_arns : "${arn}/*"]

  state_bucket_arn = "arn:${local.partition}:s3:::${var.state_bucket_name}"
  state_arns       = ["${local.state_bucket_arn}/${var.state_prefix}*/terraform.tfstate"]
  lock_arns        = ["${local.state_bucket_arn}/${var.state_prefix}*/terraform.tfstate.tflock"]

  # ARN prefixes of this account and Region, by service.
  here = {
    for service in ["cloudwatch", "ec2", "elasticloadbalancing", "kms", "lambda", "logs", "sns", "wafv2"] :
    service => "arn:${local.partition}:${service}:${local.region}:${local.account}"
  }

  function_arns = [
    "${local.here.lambda}:function:${var.name}",
    "${local.here.lambda}:function:${var.name}:*",
    "${local.here.lambda}:function:${var.name}-*",
  ]
  # Some actions name a log group with :* at the end, some without.
  log_group_arns = [
    "${local.here.logs}:log-group:/aws/*/${var.name}*",
    "${local.here.logs}:log-group:aws-waf-logs-${var.name}*",
  ]
  load_balancer_arns = ["${local.here.elasticloadbalancing}:loadbalancer/app/${var.name}/*"]
  entry_arns = concat(local.load_balancer_arns, [
    "${local.here.elasticloadbalancing}:listener/app/${var.name}/*",
    "${local.here.elasticloadbalancing}:listener-rule/app/${var.name}/*",
    "${local.here.elasticloadbalancing}:targetgroup/${var.name}*/*",
  ])
  web_acl_arns = ["${local.here.wafv2}:regional/webacl/${var.name}*/*"]
  alarm_arns   = ["${local.here.cloudwatch}:alarm:${var.name}*"]
  # Dashboard ARNs contain no Region.
  dashboard_arns = ["arn:${local.partition}:cloudwatch::${local.account}:dashboard/${var.name}*"]
  topic_arns     = ["${local.here.sns}:${var.name}*"]
  key_arns       = ["${local.here.kms}:key/*"]
  alias_arns     = [for name in concat([var.name, "${var.name}-*"], var.bucket_names) : "${local.here.kms}:alias/${name}"]

  in_region = { StringEquals = { "aws:RequestedRegion" = local.region } }

  # default_tags puts the tags of the environment on every resource at creation.
  is_ours = { StringEquals = { for tag, value in var.tags : "aws:ResourceTag/${tag}" => value } }
  # A resource that is being created has no tags yet; neither have those that AWS creates with a VPC.
  is_ours_or_new = { StringEqualsIfExists = { for tag, value in var.tags : "aws:ResourceTag/${tag}" => value } }

  # Keys have unknown ids, so they may be used only through these services.
  through_lambda    = { StringEquals = { "kms:ViaService" = "lambda.${local.region}.amazonaws.com" } }
  through_s3_lambda = { StringEquals = { "kms:ViaService" = ["lambda.${local.region}.amazonaws.com", "s3.${local.region}.amazonaws.com"] } }
}
