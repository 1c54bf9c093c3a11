locals {
  # Lambda's names of the levels. Its own lines, of which the one at a request's end says duration and
  # memory, are of level INFO; it has no ERROR for them.
  application_log_level = var.log_level == "WARNING" ? "WARN" : var.log_level
  system_log_level      = contains(["DEBUG", "INFO"], var.log_level) ? var.log_level : "WARN"
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:An account that is new has ten concurrent requests to share; reserved_concurrency sets a reserve where there is more.
  #checkov:skip=CKV_AWS_116:A load balancer waits for the answer: what fails is answered with 502, and never queued.
  #checkov:skip=CKV_AWS_173:The environment holds nothing secret; environment_kms_key_arn encrypts it by a key of our own where there is one.
  #checkov:skip=CKV_AWS_272:Only the apply role may change the code; the zip is built from the commit, the same on every machine.
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

  # Lambda gives its network interfaces back about half an hour after a destroy; until then our group,
  # without this, could not be removed.
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

  # Without it Lambda can neither make its network interfaces nor trace.
  depends_on = [aws_iam_role_policy.this]
}

# What callers invoke. It moves to a new version only once that version is published, and moving it
# back is a rollback.
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
      error_message = "live_version is the newest version: there is none that canary_weight could send requests to."
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts what it stores; a line holds no header, no query and no content of a document.
  #checkov:skip=CKV_AWS_338:How long logs are kept is the environment's choice.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}
