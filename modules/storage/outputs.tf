output "bucket_arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "bucket_name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket
}

output "document_names" {
  description = "Names of the documents in the bucket, without .json."
  value       = [for key in keys(aws_s3_object.document) : trimsuffix(key, ".json")]
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the documents; null, and therefore absent from the state, unless encryption is kms."
  value       = one(aws_kms_key.this[*].arn)
}

output "replica_bucket_name" {
  description = "Name of the bucket that keeps removed documents."
  value       = aws_s3_bucket.replica.bucket
}
