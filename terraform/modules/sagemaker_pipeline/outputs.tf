output "name" {
  description = "Name of the pipeline"
  value       = aws_sagemaker_pipeline.this.pipeline_name
}

output "arn" {
  description = "ARN of the pipeline"
  value       = aws_sagemaker_pipeline.this.arn
}

output "role_arn" {
  description = "ARN of the pipeline's role, known once its permissions exist"
  value       = module.role.arn
}

output "parameter_names" {
  description = "Names of the parameters that the definition declares"
  value       = try(jsondecode(var.pipeline_definition).Parameters[*].Name, [])
}
