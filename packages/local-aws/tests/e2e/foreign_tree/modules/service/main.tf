terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "environment" {
  description = "Environment variables of the function."
  type        = map(string)
  default     = {}
}

variable "name" {
  description = "Name of the service."
  type        = string
}

variable "package" {
  description = "Zip of the function; its module is named like the service."
  type        = string
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

resource "aws_security_group" "load_balancer" {
  name        = "harbour-${var.name}"
  description = "Load balancer of ${var.name}."
  vpc_id      = data.aws_vpc.default.id

  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_iam_role" "this" {
  name = "harbour-${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Action    = "sts:AssumeRole"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "this" {
  function_name    = "harbour-${var.name}"
  role             = aws_iam_role.this.arn
  runtime          = "python3.13"
  handler          = "${var.name}.handle"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  timeout          = 20

  environment {
    variables = merge({ SERVICE = var.name }, var.environment)
  }

  depends_on = [aws_iam_role_policy_attachment.logs]
}

resource "aws_lb" "this" {
  name            = "harbour"
  subnets         = slice(sort(data.aws_subnets.default.ids), 0, 2)
  security_groups = [aws_security_group.load_balancer.id]
}

resource "aws_lb_target_group" "this" {
  name        = "harbour-${var.name}"
  target_type = "lambda"
}

resource "aws_lambda_permission" "load_balancer" {
  function_name = aws_lambda_function.this.function_name
  action        = "lambda:InvokeFunction"
  principal     = "elasticloadbalancing.amazonaws.com"
  source_arn    = aws_lb_target_group.this.arn
}

resource "aws_lb_target_group_attachment" "this" {
  target_group_arn = aws_lb_target_group.this.arn
  target_id        = aws_lambda_function.this.arn

  depends_on = [aws_lambda_permission.load_balancer]
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

output "dns_name" {
  description = "DNS name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}
