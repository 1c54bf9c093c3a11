resource "aws_s3_bucket" "bare" { # fails TERRARIUM_BUCKET_ENCRYPTION, TERRARIUM_BUCKET_POLICY, CKV_AWS_21, CKV2_AWS_6
  bucket = "bare"
}

resource "aws_s3_bucket" "correct" {
  bucket = "correct"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "correct" {
  bucket = aws_s3_bucket.correct.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "correct" {
  bucket = aws_s3_bucket.correct.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "correct" {
  bucket                  = aws_s3_bucket.correct.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "correct" {
  bucket = aws_s3_bucket.correct.id
  policy = jsonencode({
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::correct", "arn:aws:s3:::correct/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket" "weak" { # fails TERRARIUM_BUCKET_ENCRYPTION, CKV_AWS_21, CKV2_AWS_6
  bucket = "weak"
}

resource "aws_s3_bucket_versioning" "weak" {
  bucket = aws_s3_bucket.weak.id

  versioning_configuration {
    status = "Suspended"
  }
}

resource "aws_s3_bucket_public_access_block" "weak" { # fails CKV_AWS_53, CKV_AWS_54, CKV_AWS_55, CKV_AWS_56
  bucket = aws_s3_bucket.weak.id
}

resource "aws_s3_bucket_policy" "weak" { # fails TERRARIUM_BUCKET_TLS
  bucket = aws_s3_bucket.weak.id
  policy = jsonencode({
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "arn:aws:s3:::weak/*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
