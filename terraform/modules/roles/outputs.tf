################################################################################
# Lambda Role
################################################################################

output "lambda_role_arn" {
  description = "ARN of the functions' role, known once its permissions exist"
  value       = aws_iam_role.lambda.arn

  # Lambda checks the permissions when an event source mapping is made.
  depends_on = [aws_iam_role_policy.lambda]
}

################################################################################
# SageMaker Role
################################################################################

output "sagemaker_role_arn" {
  description = "ARN of the role of the pipeline and its jobs, known once its permissions exist"
  value       = aws_iam_role.sagemaker.arn

  depends_on = [aws_iam_role_policy.sagemaker]
}

output "sagemaker_role_arn_static" {
  description = "ARN of the role of the pipeline and its jobs, built from its name: known before the role exists"
  value       = "arn:${local.partition}:iam::${local.account_id}:role/${var.sagemaker_role_name}"
}
