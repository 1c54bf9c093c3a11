resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = "Serves the JSON documents of ${var.bucket_name}."
  role          = aws_iam_role.this.arn

  runtime          = "python3.13"
  handler          = "lambda.lambda_handler"
  architectures    = [var.architecture]
  filename         = var.package_path
  source_code_hash = filebase64sha256(var.package_path)
  publish          = true

  memory_size = var.memory_mb
  timeout     = var.timeout_seconds

  environment {
    variables = {
      BUCKET    = var.bucket_name
      LOG_LEVEL = var.log_level
    }
  }

  vpc_config {
    security_group_ids = [aws_security_group.this.id]
    subnet_ids         = var.subnet_ids
  }

  # Without the policy, Lambda cannot make its network interfaces; without the group, it makes one
  # of the same name itself that keeps logs forever.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.this,
  ]
}

# What callers invoke. It moves to a new version only once that version is published, and moving it
# back is a rollback.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that answers requests."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_security_group" "this" {
  name        = "${var.name}-function"
  description = "The function ${var.name}: connections out only"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-function" }
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "Any connection out: S3 through its endpoint, all else through NAT"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}
