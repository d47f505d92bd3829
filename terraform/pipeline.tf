# The pipeline, and the state machine that runs it.

locals {
  pipeline_definition = templatefile("${path.module}/../resources/${local.is_geospatial ? "geospatial" : "geocoding"}_pipeline.json", {
    lambda_function_arn      = module.geospatial_function.arn
    answer_task_function_arn = module.answer_task_function.arn
    region                   = var.region
    geocoding_role_arn       = one(module.geocoding_role[*].arn)
    image_uri                = local.image_uri
    timeout_seconds          = var.pipeline_timeout_seconds
  })

  # What an execution of the state machine may give: all but the id of the run, which the start function makes.
  pipeline_parameter_names = [
    for name in module.geospatial_pipeline.parameter_names : name if name != "parameter_run_id"
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

  # Each watches one side and tells the other: a pipeline that did not succeed ends its task, and a state machine that did
  # not succeed ends its pipeline.
  event_rules = {
    pipeline-not-succeeded = {
      description = "The pipeline failed or was stopped: the task that waits for it is told why"
      pattern = {
        source      = ["aws.sagemaker"]
        detail-type = ["SageMaker Model Building Pipeline Execution Status Change"]
        detail = {
          pipelineArn                    = [local.arns.pipeline]
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
          stateMachineArn = [local.state_machine_arn]
          status          = ["FAILED", "TIMED_OUT", "ABORTED"]
        }
      }
    }
  }
}

module "geospatial_pipeline" {
  source = "./modules/sagemaker_pipeline"

  pipeline_name           = local.pipeline_name
  description             = "Turns coordinates into addresses"
  role_name               = "${var.name_prefix}-sagemaker"
  geospatial_jobs_enabled = local.is_geospatial
  policy_statements       = local.statements_by_role.pipeline
  pipeline_definition     = local.pipeline_definition

  tags = var.tags
}

# Not the pipeline's own role: the container that reads people's files need not be able to call functions or make jobs.
module "geocoding_role" {
  source = "./modules/role"
  count  = local.is_geospatial ? 0 : 1

  name              = "${var.name_prefix}-geocoding"
  description       = "What the pipeline's processing jobs run as"
  trusted_services  = { "sagemaker.amazonaws.com" = {} }
  policy_name       = "geocoding"
  policy_statements = local.statements_by_role.geocoding

  tags = var.tags
}

module "state_machine" {
  source = "./modules/state_machine"

  name              = "${var.name_prefix}-run-pipeline"
  definition        = local.state_machine_definition
  retention_in_days = var.log_retention_days

  # An emulator traces nothing. LocalStack does not say what it was told about it, so that each plan would change it.
  tracing_enabled = local.is_emulated ? null : var.tracing_enabled

  tags = var.tags
}
