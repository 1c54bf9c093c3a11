output "bucket_arn" {
  description = "The bucket as policies name it."
  value       = aws_s3_bucket.this.arn
}

output "bucket_name" {
  description = "The bucket as requests name it."
  value       = aws_s3_bucket.this.bucket
}

output "document_names" {
  description = "What the bucket serves: the names of the documents, without .json."
  value       = [for key in keys(aws_s3_object.document) : trimsuffix(key, ".json")]
}
