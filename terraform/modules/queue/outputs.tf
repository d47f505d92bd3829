output "arn" {
  description = "ARN of the queue"
  value       = aws_sqs_queue.this.arn
}

output "url" {
  description = "URL of the queue"
  value       = aws_sqs_queue.this.url
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue, null where there is none"
  value       = one(aws_sqs_queue.dlq[*].url)
}
