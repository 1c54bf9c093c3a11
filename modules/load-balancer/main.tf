resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_150:Deletion protection is the environment's choice; production has it.
  #checkov:skip=CKV2_AWS_20:The brief wants port 80 to answer; with a certificate it redirects.
  #checkov:skip=CKV2_AWS_28:The firewall is a unit of its own, which attaches itself.
  name               = var.name
  internal           = var.internal
  load_balancer_type = "application"
  security_groups    = [aws_security_group.this.id]
  subnets            = var.subnet_ids

  # Only what RFC 9112 allows gets through. The milder modes exist for the sake of old servers behind a
  # load balancer and of clients that depend on them; a function has neither.
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

  # AWS writes a test object at once. It has to wait for nothing else of the bucket: both take a minute.
  depends_on = [
    aws_s3_bucket_ownership_controls.logs,
    aws_s3_bucket_policy.logs,
    aws_s3_bucket_server_side_encryption_configuration.logs,
  ]
}
