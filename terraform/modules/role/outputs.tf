# Known once the permissions exist: Lambda and Step Functions check them when they are given the role.
output "arn" {
  description = "ARN of the role, known once its permissions exist"
  value       = aws_iam_role.this.arn

  depends_on = [aws_iam_role_policy.this]
}

output "name" {
  description = "Name of the role"
  value       = aws_iam_role.this.name
}

output "policy_statements" {
  description = "What the role is allowed: statements of its inline policy, by their ids"
  value       = var.policy_statements
}

output "trusted_services" {
  description = "AWS services that may assume the role, each with its limits"
  value       = var.trusted_services
}
