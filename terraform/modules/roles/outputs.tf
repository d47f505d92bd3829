################################################################################
# Roles of the Functions
################################################################################

# Each is known once its permissions exist: Lambda checks them when an event source mapping is made, and a function
# that ran before would fail.

output "geospatial_role_arn" {
  description = "ARN of the geospatial function's role, known once its permissions exist"
  value       = aws_iam_role.geospatial.arn

  depends_on = [aws_iam_role_policy.geospatial]
}

output "start_pipeline_role_arn" {
  description = "ARN of the start function's role, known once its permissions exist"
  value       = aws_iam_role.start_pipeline.arn

  depends_on = [aws_iam_role_policy.start_pipeline]
}

output "answer_task_role_arn" {
  description = "ARN of the answer function's role, known once its permissions exist"
  value       = aws_iam_role.answer_task.arn

  depends_on = [aws_iam_role_policy.answer_task]
}

################################################################################
# Role of the Pipeline and its Geospatial Jobs
################################################################################

output "sagemaker_role_arn" {
  description = "ARN of the role of the pipeline and its geospatial jobs, known once its permissions exist"
  value       = aws_iam_role.sagemaker.arn

  depends_on = [aws_iam_role_policy.sagemaker]
}

output "sagemaker_role_arn_static" {
  description = "ARN of the role of the pipeline and its geospatial jobs, built from its name: known before the role exists"
  value       = "arn:${local.partition}:iam::${local.account_id}:role/${var.sagemaker_role_name}"
}

################################################################################
# Role of the Pipeline's Processing Jobs
################################################################################

output "geocoding_role_arn" {
  description = "ARN of the role of the pipeline's processing jobs, known once its permissions exist; null where it runs none"
  value       = one(aws_iam_role.geocoding[*].arn)

  depends_on = [aws_iam_role_policy.geocoding]
}

################################################################################
# Role of the Workflows' Jobs and Models
################################################################################

output "jobs_role_arn" {
  description = "ARN of the role of the workflows' jobs and models, known once its permissions exist"
  value       = aws_iam_role.jobs.arn

  depends_on = [aws_iam_role_policy.jobs]
}
