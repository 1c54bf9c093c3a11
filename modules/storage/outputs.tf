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

output "kms_key_arn" {
  description = "The key that encrypts the documents; null, and so absent from the state, unless encryption is kms."
  value       = one(aws_kms_key.this[*].arn)
}

output "replica_bucket_name" {
  description = "The bucket that keeps what was removed from the other."
  value       = aws_s3_bucket.replica.bucket
}
