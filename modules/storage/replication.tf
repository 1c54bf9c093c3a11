data "aws_region" "current" {}

# S3 supports no condition on this trust. It is safe because only buckets of this account can use a role
# of this account.
resource "aws_iam_role" "replication" {
  name                 = var.replication_role_name
  description          = "Lets S3 copy the documents of ${var.bucket_name} to its replica."
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "s3.amazonaws.com" }
    }]
  })
}

# From the S3 User Guide, "Setting up permissions for live replication", without the delete actions.
resource "aws_iam_role_policy" "replication" {
  name = "replicate-documents"
  role = aws_iam_role.replication.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "ReadTheConfiguration"
        Effect   = "Allow"
        Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = local.arns.documents
      },
      {
        Sid    = "ReadVersions"
        Effect = "Allow"
        Action = [
          "s3:GetObjectVersionAcl",
          "s3:GetObjectVersionForReplication",
          "s3:GetObjectVersionTagging",
        ]
        Resource = "${local.arns.documents}/*"
      },
      {
        Sid      = "WriteReplicas"
        Effect   = "Allow"
        Action   = ["s3:ReplicateObject", "s3:ReplicateTags"]
        Resource = "${local.arns.replica}/*"
      },
      ], [
      for key in aws_kms_key.this : {
        # The encryption context is the bucket's ARN with a bucket key, otherwise the object's ARN.
        Sid      = "UseTheKeyForTheseBuckets"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = key.arn
        Condition = {
          StringEquals = { "kms:ViaService" = "s3.${data.aws_region.current.name}.amazonaws.com" }
          StringLike = {
            "kms:EncryptionContext:aws:s3:arn" = flatten([for arn in [local.arns.documents, local.arns.replica] : [arn, "${arn}/*"]])
          }
        }
      }
    ])
  })
}

resource "aws_s3_bucket_replication_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  role   = aws_iam_role.replication.arn

  rule {
    id     = "every-document"
    status = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Disabled"
    }

    # Without this block S3 does not replicate objects that a KMS key encrypts.
    dynamic "source_selection_criteria" {
      for_each = aws_kms_key.this

      content {
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }
    }

    destination {
      bucket = aws_s3_bucket.replica.arn

      dynamic "encryption_configuration" {
        for_each = aws_kms_key.this

        content {
          replica_kms_key_id = encryption_configuration.value.arn
        }
      }
    }
  }

  depends_on = [
    aws_iam_role_policy.replication,
    aws_s3_bucket_versioning.replica,
    aws_s3_bucket_versioning.this,
  ]
}
