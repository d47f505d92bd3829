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

output "jobs_role_arn" {
  description = "ARN of the role of its jobs and models; null where there is none"
  value       = one(module.jobs_role[*].arn)
}

output "parameter_names" {
  description = "Names of the parameters that the definition declares"
  value       = try(jsondecode(var.pipeline_definition).Parameters[*].Name, [])
}

output "code_files" {
  description = "S3 URIs of the programs"
  value       = [for object in aws_s3_object.code : "s3://${object.bucket}/${object.key}"]
}

output "policy_statements" {
  description = "What the pipeline's role is allowed: statements of its policy, by their ids"
  value       = module.role.policy_statements
}

output "job_policy_statements" {
  description = "What the role of its jobs and models is allowed: statements of its policy, by their ids; none where there is no such role"
  value       = try(one(module.jobs_role[*].policy_statements), {})
}
