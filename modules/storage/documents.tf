resource "aws_s3_object" "document" {
  for_each = fileset(var.documents_path, "*.json")

  bucket       = aws_s3_bucket.this.id
  key          = each.value
  source       = "${var.documents_path}/${each.value}"
  etag         = filemd5("${var.documents_path}/${each.value}")
  content_type = "application/json"

  # Only what is written after versioning and encryption are set has them.
  depends_on = [
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}
