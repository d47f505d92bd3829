# Names, and the ARNs that AWS makes of them. Policies are written with these ARNs, which are known before anything
# exists: no policy waits for what it names, and none is part of a circle.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  # Bucket names are shared by all AWS accounts: account and region make this one ours.
  bucket_name = "${var.name_prefix}-${local.account_id}-${var.region}"

  # The pipeline's data: input is read, never written; output is what the export writes.
  input_prefix  = "samplefiles/"
  output_prefix = "outputfiles/"

  workflow_prefix        = "workflows/"
  workflow_output_prefix = "${local.workflow_prefix}output/"

  # Whoever reads one of these can answer for the pipeline. A token is dead once its task has ended.
  task_token_prefix          = "task-tokens/"
  task_token_uri             = "s3://${local.bucket_name}/${local.task_token_prefix}"
  task_token_expiration_days = ceil(var.pipeline_timeout_seconds / 86400) + 1

  # A pipeline's programs, and what its steps hand to each other.
  pipeline_prefix = "pipelines/"

  queue_name = "${var.name_prefix}-callback"
  # Known to the geospatial function, which must not wait for the queue.
  queue_url = "${coalesce(var.endpoint_url, "https://sqs.${var.region}.${data.aws_partition.current.dns_suffix}")}/${local.account_id}/${local.queue_name}"

  # On an emulator that has no ECR, images have addresses all the same.
  image_uris = { for name in local.all_images : name =>
    "${local.account_id}.dkr.ecr.${var.region}.${data.aws_partition.current.dns_suffix}/${var.name_prefix}-${name}:latest"
  }
  # What workflows run unless their input names another.
  image_uri = try(local.image_uris.scikit, values(local.image_uris)[0], "")

  arns = {
    for thing, rest in {
      pipelines        = "sagemaker:${var.region}:${local.account_id}:pipeline"
      jobs             = "sagemaker:${var.region}:${local.account_id}"
      queue            = "sqs:${var.region}:${local.account_id}:${local.queue_name}"
      lost_events      = "sqs:${var.region}:${local.account_id}:${var.name_prefix}-lost-events"
      functions        = "lambda:${var.region}:${local.account_id}:function:${var.name_prefix}"
      state_machines   = "states:${var.region}:${local.account_id}:stateMachine:${var.name_prefix}"
      event_rules      = "events:${var.region}:${local.account_id}:rule/${var.name_prefix}"
      image_repository = "ecr:${var.region}:${local.account_id}:repository/${var.name_prefix}-*"
      container_logs   = "logs:${var.region}:${local.account_id}:log-group:/aws/sagemaker/*"
    } : thing => "arn:${local.partition}:${rest}"
  }
  state_machine_arn = "${local.arns.state_machines}-run-pipeline"

  # The functions must not wait for the pipelines, which call them. A policy and an event pattern have room for so many
  # names; of more pipelines only the first part of their names is said, and where there is none: neither may be empty.
  is_listed         = length(local.pipeline_names) > 0 && length(local.pipeline_names) <= 30
  pipeline_arns     = [for name in local.pipeline_cloud_names : "${local.arns.pipelines}/${name}"]
  pipeline_patterns = local.is_listed ? local.pipeline_arns : ["${local.arns.pipelines}/${var.name_prefix}-*"]
}
