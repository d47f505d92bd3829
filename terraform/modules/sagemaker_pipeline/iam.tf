# Two roles: the pipeline's own, which runs the steps, and that of its jobs and models. The container that reads people's
# files need not be able to call functions or make jobs.

# SageMaker sends aws:SourceAccount. AWS's trust policy for geospatial jobs has no such condition, and a key that is not
# sent locks the job out.
# https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
# https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-geospatial-roles-pass-role.html

module "role" {
  source = "../role"

  name        = "${var.pipeline_name}-pipeline"
  description = "Role of the pipeline ${var.pipeline_name}. ${var.description}"

  trusted_services  = { "sagemaker.amazonaws.com" = {} }
  policy_name       = "pipeline"
  policy_statements = merge(local.step_statements, var.policy_statements, length(local.step_statements) + length(var.policy_statements) > 0 ? {} : local.least_statements)

  tags = var.tags
}

module "jobs_role" {
  source = "../role"
  count  = var.jobs_role_enabled ? 1 : 0

  name        = "${var.pipeline_name}-jobs"
  description = "What the jobs and models of the pipeline ${var.pipeline_name} run as"

  trusted_services = merge(
    { "sagemaker.amazonaws.com" = {} },
    { for service in var.job_services : service => { same_account = false } },
  )
  policy_name       = "jobs"
  policy_statements = merge(local.job_data_statements, length(local.container_types) > 0 ? var.container_statements : {}, var.job_policy_statements)

  tags = var.tags
}

locals {
  # IAM takes no policy without statements, and Condition and Fail steps need nothing.
  least_statements = { LookAtItself = { actions = ["sagemaker:DescribePipeline"], resources = ["${local.arn_prefix}:pipeline/${var.pipeline_name}"] } }

  # Containers' data are listed before they are downloaded; jobs of other services name each object.
  job_data_statements = { for name, statement in local.data_statements : name => statement if name != "ListData" || length(local.container_types) > 0 }

  # Of the bucket, a job sees the folders that are given and no other: whoever reads a task token can answer for a pipeline.
  data_statements = {
    ListData = {
      actions    = ["s3:ListBucket"]
      resources  = [var.bucket_arn]
      conditions = [{ test = "StringLike", variable = "s3:prefix", values = [for prefix in setunion(var.read_prefixes, var.write_prefixes) : "${prefix}*"] }]
    }
    ReadData = {
      actions   = ["s3:GetObject"]
      resources = [for prefix in setunion(var.read_prefixes, var.write_prefixes) : "${var.bucket_arn}/${prefix}*"]
    }
    WriteOutput = {
      actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
      resources = [for prefix in var.write_prefixes : "${var.bucket_arn}/${prefix}*"]
    }
  }
}
