resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_150:The environment chooses deletion protection; production has it.
  #checkov:skip=CKV2_AWS_20:The brief asks for port 80; with a certificate it redirects.
  #checkov:skip=CKV2_AWS_28:The firewall unit attaches its web ACL.
  name               = var.name
  internal           = var.internal
  load_balancer_type = "application"
  security_groups    = [aws_security_group.this.id]
  subnets            = var.subnet_ids

  # Only requests that conform to RFC 9112 get through. The other modes exist for old servers and
  # clients; this API has neither.
  desync_mitigation_mode     = "strictest"
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection

  access_logs {
    bucket  = aws_s3_bucket.logs.bucket
    enabled = true
  }

  connection_logs {
    bucket  = aws_s3_bucket.logs.bucket
    enabled = true
  }

  # AWS writes a test object at once, which needs the policy. It needs no other setting of the bucket;
  # waiting for the lifecycle would take another minute.
  depends_on = [
    aws_s3_bucket_ownership_controls.logs,
    aws_s3_bucket_policy.logs,
    aws_s3_bucket_server_side_encryption_configuration.logs,
  ]
}
