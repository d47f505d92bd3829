output "name" {
  description = "Name of the function"
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function"
  value       = aws_lambda_function.this.arn
}

output "role_arn" {
  description = "ARN of the function's role, known once its permissions exist"
  value       = module.role.arn
}

output "log_group_name" {
  description = "Name of the function's log group"
  value       = aws_cloudwatch_log_group.this.name
}

output "policy_statements" {
  description = "What the function is allowed: statements of its role's policy, by their ids"
  value       = module.role.policy_statements
}
