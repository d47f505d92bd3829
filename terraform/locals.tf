data "aws_caller_identity" "current" {}

locals {
  account_id  = data.aws_caller_identity.current.account_id
  is_emulated = var.endpoint_url != null

  # The other geocoder needs neither the geospatial function nor the queue; both stay, so that it can be changed in seconds.
  is_geospatial = var.geocoder == "vector_enrichment"

  default_tags = {
    Project   = var.name_prefix
    ManagedBy = "terraform"
  }

  # Bucket names are shared by all AWS accounts: account and region make this one ours.
  bucket_name = "${var.name_prefix}-${local.account_id}-${var.region}"

  # The pipeline's data: input is read, never written; output is what the export writes.
  input_prefix  = "samplefiles/"
  output_prefix = "outputfiles/"

  # Whoever reads one of these can answer for the pipeline. A token is dead once its task has ended.
  task_token_prefix          = "task-tokens/"
  task_token_uri             = "s3://${local.bucket_name}/${local.task_token_prefix}"
  task_token_expiration_days = ceil(var.pipeline_timeout_seconds / 86400) + 1

  # Known to the answer function as well, which must not wait for the pipeline: the pipeline's last step calls it.
  pipeline_name = "${var.name_prefix}-geospatial"

  pipeline_file = local.is_geospatial ? "geospatial_pipeline.json" : "geocoding_pipeline.json"

  pipeline_definition = templatefile("${path.module}/../resources/${local.pipeline_file}", {
    lambda_function_arn      = module.geospatial_function.arn
    answer_task_function_arn = module.answer_task_function.arn
    region                   = var.region
    geocoding_role_arn       = module.roles.geocoding_role_arn
    image_uri                = local.image_uri
    timeout_seconds          = var.pipeline_timeout_seconds
  })

  # What an execution of the state machine may give: all but the task's key, which the start function makes.
  pipeline_parameter_names = [
    for name in module.geospatial_pipeline.parameter_names : name if name != "parameter_task_key"
  ]

  state_machine_definition = templatefile("${path.module}/../resources/run_pipeline.asl.json", {
    start_pipeline_function_arn = module.start_pipeline_function.arn
    topic_arn                   = module.notifications.topic_arn
    timeout_seconds             = var.pipeline_timeout_seconds
    # Only the geospatial function sends heartbeats.
    heartbeat_seconds = local.is_geospatial ? var.pipeline_heartbeat_seconds : null
    # The task ends first, with its own reason; then there is time to tell people.
    execution_timeout_seconds = var.pipeline_timeout_seconds + 300
  })

  function_timeout_seconds = 30

  # AWS asks for six times the function's timeout, so that no message comes back while it is being worked on.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout_seconds = 6 * local.function_timeout_seconds

  # Built from names: the queue's policy names the rules, and the rules name the queue.
  rule_arn_prefix = "arn:${data.aws_partition.current.partition}:events:${var.region}:${local.account_id}:rule"

  event_rules = {
    pipeline-not-succeeded = {
      description = "The pipeline failed or was stopped: the task that waits for it is told why"
      pattern = {
        source      = ["aws.sagemaker"]
        detail-type = ["SageMaker Model Building Pipeline Execution Status Change"]
        detail = {
          pipelineArn                    = [module.geospatial_pipeline.arn_static]
          currentPipelineExecutionStatus = ["Failed", "Stopped", "CompletedWithFailures"]
        }
      }
    }
    state-machine-not-succeeded = {
      description = "The state machine failed, ran out of time or was stopped: its pipeline execution is stopped too"
      pattern = {
        source      = ["aws.states"]
        detail-type = ["Step Functions Execution Status Change"]
        detail = {
          stateMachineArn = [module.state_machine.arn_static]
          status          = ["FAILED", "TIMED_OUT", "ABORTED"]
        }
      }
    }
  }
}
