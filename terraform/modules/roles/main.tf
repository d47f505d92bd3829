# One role for each function, one for the pipeline and its geospatial jobs, one for its processing jobs, one for the jobs
# of the workflows; each in a file of its own.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # A job's name is chosen by the service, so this is as narrow as a policy can be.
  vector_enrichment_jobs_arn = "arn:${local.partition}:sagemaker-geospatial:${local.region}:${local.account_id}:vector-enrichment-job/*"

  # So is an execution's.
  pipeline_executions_arn = "${var.pipeline_arn}/execution/*"

  # A pipeline's jobs are called pipelines-<execution's id>-<step>-<random>.
  pipeline_processing_jobs_arn = "arn:${local.partition}:sagemaker:${local.region}:${local.account_id}:processing-job/pipelines-*"

  task_tokens_arn = "${var.bucket_arn}/${var.task_token_prefix}*"
}

data "aws_iam_policy_document" "lambda_assume_role" {
  # No aws:Source* condition: AWS does not document that Lambda sends those keys when it assumes a role.
  statement {
    sid     = "LambdaMayAssume"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}
