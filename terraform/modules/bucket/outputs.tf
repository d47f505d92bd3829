# The name is taken from the versioning: what uses it waits until versioning is on. An object that is
# uploaded earlier has the version ID "null".
output "name" {
  description = "Name of the bucket"
  value       = aws_s3_bucket_versioning.this.bucket
}

output "arn" {
  description = "ARN of the bucket"
  value       = aws_s3_bucket.this.arn
}
