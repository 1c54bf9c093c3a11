resource "aws_s3_object" "document" {
  for_each = fileset(var.documents_path, "*.json")

  bucket             = aws_s3_bucket.this.id
  key                = each.value
  source             = "${var.documents_path}/${each.value}"
  content_type       = "application/json"
  checksum_algorithm = "SHA256"
  kms_key_id         = one(aws_kms_key.this[*].arn)

  # source_hash detects a changed file; the checksum, which S3 stores, detects an object that somebody
  # else has overwritten. With KMS encryption an ETag detects neither.
  source_hash = filesha256("${var.documents_path}/${each.value}")
  metadata    = { sha256 = filesha256("${var.documents_path}/${each.value}") }

  # These settings apply only to objects that are written after them.
  depends_on = [
    aws_s3_bucket_replication_configuration.this,
    aws_s3_bucket_server_side_encryption_configuration.replica,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}
