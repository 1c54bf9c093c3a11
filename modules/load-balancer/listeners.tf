locals {
  # The same shape as the API's errors, so that clients handle only one.
  not_found = jsonencode({
    error = {
      code    = "not_found"
      message = "There is nothing at this path."
    }
  })
}

# Serves the API without a certificate; with a certificate it only redirects to HTTPS.
resource "aws_lb_listener" "http" {
  #checkov:skip=CKV_AWS_2:The brief asks for port 80; with a certificate it redirects.
  #checkov:skip=CKV_AWS_103:Port 80 is plain HTTP; the listener on 443 uses TLS.
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  routing_http_response_x_content_type_options_header_value = "nosniff"

  default_action {
    type = var.certificate_arn == null ? "fixed-response" : "redirect"

    dynamic "fixed_response" {
      for_each = var.certificate_arn == null ? [local.not_found] : []

      content {
        status_code  = "404"
        content_type = "application/json"
        message_body = fixed_response.value
      }
    }

    dynamic "redirect" {
      for_each = var.certificate_arn == null ? [] : ["443"]

      content {
        status_code = "HTTP_301"
        protocol    = "HTTPS"
        port        = redirect.value
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = var.certificate_arn == null ? 0 : 1

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.certificate_arn

  # TLS 1.3, and TLS 1.2 only with forward secrecy.
  ssl_policy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"

  # Browsers use only HTTPS for a year. To go back to HTTP, set max-age to 0 a year before.
  routing_http_response_strict_transport_security_header_value = "max-age=31536000"
  routing_http_response_x_content_type_options_header_value    = "nosniff"

  default_action {
    type = "fixed-response"

    fixed_response {
      status_code  = "404"
      content_type = "application/json"
      message_body = local.not_found
    }
  }
}
