resource "aws_kms_key" "this" {
  count = local.uses_key ? 1 : 0

  description             = "Encrypts the documents of ${var.bucket_name}."
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # No other policy counts for a key without this one, not even to change it. With it, the
      # policies of the account's roles decide who uses the key.
      Sid       = "LetTheAccountDecide"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

# The name by which a person finds the key.
resource "aws_kms_alias" "this" {
  count = local.uses_key ? 1 : 0

  name          = "alias/${var.bucket_name}"
  target_key_id = aws_kms_key.this[0].key_id
}
