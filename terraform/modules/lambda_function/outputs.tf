################################################################################
# Function
################################################################################

output "name" {
  description = "Name of the function"
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function"
  value       = aws_lambda_function.this.arn
}

output "arn_static" {
  description = "ARN of the function, built from its name: known before the function exists"
  value       = "arn:${local.partition}:lambda:${local.place}:function:${var.function_name}"
}

################################################################################
# Logs
################################################################################

output "log_group_name" {
  description = "Name of the function's log group"
  value       = aws_cloudwatch_log_group.this.name
}

output "log_group_arn_static" {
  description = "ARN of the function's log group, built from its name: known before the group exists"
  value       = "arn:${local.partition}:logs:${local.place}:log-group:${local.log_group_name}"
}
