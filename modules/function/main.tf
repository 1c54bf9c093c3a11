locals {
  # Map our levels to Lambda's. System lines, such as the report with duration and memory, are INFO;
  # Lambda has no ERROR level for system logs.
  application_log_level = var.log_level == "WARNING" ? "WARN" : var.log_level
  system_log_level      = contains(["DEBUG", "INFO"], var.log_level) ? var.log_level : "WARN"
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:A new account has a concurrency limit of ten; set reserved_concurrency when the limit is higher.
  #checkov:skip=CKV_AWS_116:The load balancer invokes synchronously and answers 502 on failure; nothing is queued.
  #checkov:skip=CKV_AWS_173:The variables hold no secret; environment_kms_key_arn can encrypt them with a customer managed key.
  #checkov:skip=CKV_AWS_272:Only the apply role may change the code, and the zip is reproducible from the commit.
  function_name = var.name
  description   = "Serves the JSON documents of ${var.bucket_name}."
  role          = aws_iam_role.this.arn

  runtime          = "python3.13"
  handler          = "lambda.lambda_handler"
  architectures    = [var.architecture]
  filename         = var.package_path
  source_code_hash = filebase64sha256(var.package_path)
  publish          = true

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.environment_kms_key_arn

  # Lambda releases its network interfaces about half an hour after a destroy. Without this argument the
  # security group could not be deleted until then.
  replace_security_groups_on_destroy = true

  environment {
    variables = {
      BUCKET            = var.bucket_name
      CORS_ORIGINS      = join(",", var.cors_origins)
      FRESH_SECONDS     = tostring(var.fresh_seconds)
      LOG_LEVEL         = var.log_level
      METRICS_NAMESPACE = var.name
      STALE_SECONDS     = tostring(var.stale_seconds)
    }
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.this.name
    log_format            = "JSON"
    application_log_level = local.application_log_level
    system_log_level      = local.system_log_level
  }

  dynamic "snap_start" {
    for_each = var.snap_start ? [true] : []

    content {
      apply_on = "PublishedVersions"
    }
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    security_group_ids = [aws_security_group.this.id]
    subnet_ids         = var.subnet_ids
  }

  # Lambda needs the policy to create network interfaces and to trace.
  depends_on = [aws_iam_role_policy.this]
}

# Callers invoke this alias. It moves to a version after that version is published; moving it back is a
# rollback.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that answers requests."
  function_name    = aws_lambda_function.this.function_name
  function_version = coalesce(var.live_version, aws_lambda_function.this.version)

  dynamic "routing_config" {
    for_each = var.canary_weight > 0 ? [var.canary_weight] : []

    content {
      additional_version_weights = { (aws_lambda_function.this.version) = routing_config.value }
    }
  }

  lifecycle {
    precondition {
      condition     = var.canary_weight == 0 || var.live_version != aws_lambda_function.this.version
      error_message = "live_version is already the newest version, so canary_weight has no newer version to send requests to."
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts by default; a log line holds no header, no query string and no document.
  #checkov:skip=CKV_AWS_338:The environment chooses the retention.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}
