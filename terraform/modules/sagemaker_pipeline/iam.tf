# What the steps need, read from the definition wherever a step stands, in a branch of a Condition step too.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  function_arns = toset(regexall("\"FunctionArn\":\"([^\"]+)\"", local.definition)[*][0])
  job_role_arns = toset(regexall("\"(?:Execution)?RoleArn\":\"([^\"]+)\"", local.definition)[*][0])
  job_types     = toset(regexall("\"Type\":\"(Processing|Training|Transform)\"", local.definition)[*][0])

  # A pipeline's jobs are called pipelines-<id of the execution>-<step>-<random>. Pipelines give them tags, too.
  # https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
  job_arn_prefix = join(":", ["arn", data.aws_partition.current.partition, "sagemaker", data.aws_region.current.id, data.aws_caller_identity.current.account_id])

  step_statements = merge(
    { for arns in [local.function_arns] : "RunLambdaSteps" => { actions = ["lambda:InvokeFunction"], resources = arns } if length(arns) > 0 },
    { for type in local.job_types : "Run${type}Jobs" => {
      actions   = ["sagemaker:AddTags", "sagemaker:Create${type}Job", "sagemaker:Describe${type}Job", "sagemaker:Stop${type}Job"]
      resources = ["${local.job_arn_prefix}:${lower(type)}-job/pipelines-*"]
    } },
    { for arns in [local.job_role_arns] : "PassRoleToJobs" => {
      actions    = ["iam:PassRole"]
      resources  = arns
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker.amazonaws.com"] }]
    } if length(arns) > 0 },
  )
}

module "role" {
  source = "../role"

  name        = var.role_name
  description = "Role of the pipeline ${var.pipeline_name}. ${var.description}"

  # SageMaker sends aws:SourceAccount. AWS's trust policy for geospatial jobs has no such condition, and a key that is not
  # sent locks the job out.
  # https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
  # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-geospatial-roles-pass-role.html
  trusted_services = {
    for service, same_account in { "sagemaker.amazonaws.com" = true, "sagemaker-geospatial.amazonaws.com" = false } :
    service => { same_account = same_account } if same_account || var.geospatial_jobs_enabled
  }
  policy_name       = "pipeline"
  policy_statements = merge(local.step_statements, var.policy_statements)

  tags = var.tags
}
