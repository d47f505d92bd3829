# The pipelines of the project, and the state machine that runs any of them.

locals {
  pipeline_definitions = { for name, file in local.pipeline_files : name =>
    templatefile(file, merge(local.pipeline_variables[name], local.execution_variables, { functions = local.function_arns })) if contains(local.pipeline_names, name)
  }

  state_machine_definition = jsonencode(merge(local.run_pipeline_definition, {
    StartAt = length(local.heartbeat_pipelines) > 0 ? "SendsHeartbeats" : local.run_pipeline_definition.StartAt
    States = merge(local.run_pipeline_definition.States, {
      for name, state in local.heartbeat_states : name => state if length(local.heartbeat_pipelines) > 0
    })
  }))

  run_pipeline_definition = jsondecode(templatefile("${path.module}/definitions/run_pipeline.asl.json", {
    start_pipeline_function_arn = module.start_pipeline_function.arn
    topic_arn                   = module.notifications.topic_arn
    timeout_seconds             = var.pipeline_timeout_seconds
    # The task ends first, with its own reason; then there is time to tell people.
    execution_timeout_seconds = var.pipeline_timeout_seconds + 300
  }))

  # Where pipelines differ in whether anybody sends heartbeats, the task's heartbeat is chosen by the pipeline.
  heartbeat_states = {
    SendsHeartbeats = {
      Type    = "Choice"
      Comment = "The manifest of a pipeline says whether its functions send heartbeats"
      Choices = concat(
        [for name in local.heartbeat_pipelines : { Variable = "$$.Execution.Input.pipeline", IsPresent = false, Next = "Heartbeats" } if name == local.default_pipeline],
        [for name in local.heartbeat_pipelines : {
          And = [
            { Variable = "$$.Execution.Input.pipeline", IsPresent = true },
            { Variable = "$$.Execution.Input.pipeline", StringEquals = name },
          ]
          Next = "Heartbeats"
        }],
      )
      Default = "NoHeartbeats"
    }
    Heartbeats = { Type = "Pass", Parameters = { heartbeat_seconds = var.pipeline_heartbeat_seconds }, Next = "RunPipeline" }
    # As long as a task's heartbeat may be: shorter than its timeout.
    NoHeartbeats = { Type = "Pass", Parameters = { heartbeat_seconds = max(var.pipeline_timeout_seconds - 1, 1) }, Next = "RunPipeline" }
    RunPipeline  = merge(local.run_pipeline_definition.States.RunPipeline, { HeartbeatSecondsPath = "$.heartbeat_seconds" })
  }

  # Each watches one side and tells the other: a pipeline that has ended ends its task, and a state machine that did not
  # succeed ends its pipeline.
  event_rules = {
    pipeline-ended = {
      description = "A pipeline has ended: the task that waits for it is told how"
      pattern = {
        source      = ["aws.sagemaker"]
        detail-type = ["SageMaker Model Building Pipeline Execution Status Change"]
        detail = {
          pipelineArn = concat(
            [for arn in local.pipeline_arns : arn if local.is_listed],
            [for prefix in ["${local.arns.pipelines}/${var.name_prefix}-"] : { prefix = prefix } if !local.is_listed],
          )
          currentPipelineExecutionStatus = ["Succeeded", "Failed", "Stopped", "CompletedWithFailures"]
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

module "pipeline" {
  source   = "./modules/sagemaker_pipeline"
  for_each = local.pipeline_names

  pipeline_name       = local.pipeline_cloud_names[each.key]
  description         = try(local.pipeline_manifests[each.key].title, "The pipeline ${each.key}")
  pipeline_definition = local.pipeline_definitions[each.key]
  queue_arn           = local.arns.queue
  policy_statements   = try(local.pipeline_manifests[each.key].permissions, {})

  # Where neither names the role, nothing runs as it.
  jobs_role_enabled = anytrue([
    for text in concat([file(local.pipeline_files[each.key])], [for name in fileset("${local.pipeline_directory}/${each.key}", "pipeline.yaml") : file("${local.pipeline_directory}/${each.key}/${name}")]) :
    strcontains(text, "role_arn")
  ])
  job_services          = try(local.pipeline_manifests[each.key].job_services, [])
  job_policy_statements = try(local.pipeline_manifests[each.key].job_permissions, {})
  container_statements  = local.container_statements

  bucket_name    = module.bucket.name
  bucket_arn     = module.bucket.arn
  read_prefixes  = [local.input_prefix, "${local.pipeline_prefix}${each.key}/code/"]
  write_prefixes = [local.output_prefix, "${local.pipeline_prefix}${each.key}/data/"]
  # What a program uploaded lies beside the definition that it made.
  code_directory = fileexists("${local.pipeline_directory}/${each.key}/pipeline.json") ? "${local.pipeline_directory}/${each.key}/code" : "${coalesce(var.definitions_directory, "none")}/${each.key}"
  code_prefix    = "${local.pipeline_prefix}${each.key}/code/"

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
