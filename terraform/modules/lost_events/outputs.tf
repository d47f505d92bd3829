################################################################################
# Queue
################################################################################

output "arn" {
  description = "ARN of the queue"
  value       = aws_sqs_queue.this.arn
}

output "arn_static" {
  description = "ARN of the queue, built from its name: known before the queue exists"
  value       = local.arn
}

output "url" {
  description = "URL of the queue"
  value       = aws_sqs_queue.this.url
}
