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

output "url_static" {
  description = "URL of the queue, built from its name: known before the queue exists"
  value       = "${local.service_url}/${local.account_id}/${var.name}"
}

################################################################################
# Dead Letter Queue
################################################################################

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue"
  value       = aws_sqs_queue.dlq.url
}
