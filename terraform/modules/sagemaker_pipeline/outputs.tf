################################################################################
# Pipeline
################################################################################

output "name" {
  description = "Name of the pipeline"
  value       = aws_sagemaker_pipeline.this.pipeline_name
}

output "arn" {
  description = "ARN of the pipeline"
  value       = aws_sagemaker_pipeline.this.arn
}

output "arn_static" {
  description = "ARN of the pipeline, built from its name: known before the pipeline exists"
  value = join(":", [
    "arn",
    data.aws_partition.current.partition,
    "sagemaker",
    data.aws_region.current.name,
    data.aws_caller_identity.current.account_id,
    "pipeline/${var.pipeline_name}",
  ])
}

output "parameter_names" {
  description = "Names of the parameters that the definition declares"
  value       = try(jsondecode(var.pipeline_definition).Parameters[*].Name, [])
}
