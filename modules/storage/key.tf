resource "aws_kms_key" "this" {
  count = local.uses_key ? 1 : 0

  description             = "Encrypts the documents of ${var.bucket_name}."
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # Without this statement no IAM policy applies to the key, and nobody could change it again. With
      # it, the IAM policies of the account decide who uses the key.
      Sid       = "LetTheAccountDecide"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

# A readable name for the key.
resource "aws_kms_alias" "this" {
  count = local.uses_key ? 1 : 0

  name          = "alias/${var.bucket_name}"
  target_key_id = aws_kms_key.this[0].key_id
}
