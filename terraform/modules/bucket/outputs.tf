output "name" {
  description = "Name of the bucket"
  # By way of versioning: an object that is uploaded before that is on gets no version, and has the version "null" as soon as it is.
  value = aws_s3_bucket_versioning.this.bucket
}

output "arn" {
  description = "ARN of the bucket"
  value       = aws_s3_bucket.this.arn
}
