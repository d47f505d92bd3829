################################################################################
# Target
################################################################################

output "region" {
  description = "Region of every resource"
  value       = var.region
}

output "account_id" {
  description = "Account that owns every resource"
  value       = local.account_id
}

output "name_prefix" {
  description = "First part of every resource's name"
  value       = var.name_prefix
}

################################################################################
# Bucket
################################################################################

output "bucket_name" {
  description = "Bucket of the input and output files"
  value       = module.bucket.name
}

################################################################################
# Queue
################################################################################

output "queue_url" {
  description = "Queue of the callback steps"
  value       = module.queue.url
}

output "queue_arn" {
  description = "ARN of the queue of the callback steps"
  value       = module.queue.arn
}

output "dead_letter_queue_url" {
  description = "Queue of the callback messages that nobody could answer"
  value       = module.queue.dead_letter_queue_url
}

output "lost_events_queue_url" {
  description = "Queue of the events that did not reach the answer function, or that it failed on"
  value       = module.lost_events.url
}

################################################################################
# Functions
################################################################################

output "functions" {
  description = "The functions by the names of their folders in lambda_src: start_pipeline and answer_task serve the state machine, the others are the project's"
  value = {
    for name, function in merge(module.function, { start_pipeline = module.start_pipeline_function, answer_task = module.answer_task_function }) : name => {
      arn            = function.arn
      name           = function.name
      log_group_name = function.log_group_name
      role_arn       = function.role_arn
    }
  }
}

################################################################################
# Pipelines
################################################################################

output "pipelines" {
  description = "The pipelines by the names of their folders: each with its roles and with what its parameters are filled in with at the start of an execution, in which $${input_uri}, $${output_uri} and $${run_id} stand for what is known only then"
  value = {
    for name, pipeline in module.pipeline : name => {
      arn             = pipeline.arn
      name            = pipeline.name
      title           = try(local.pipeline_manifests[name].title, "")
      role_arn        = pipeline.role_arn
      jobs_role_arn   = pipeline.jobs_role_arn
      parameter_names = pipeline.parameter_names
      input           = try(local.pipeline_manifests[name].input, {})
      result          = try(local.pipeline_manifests[name].result, {})
      parameters      = { for parameter, text in try(local.pipeline_manifests[name].parameters, {}) : parameter => tostring(text) }
    }
  }

  precondition {
    condition     = length(local.scheduled_without_input) == 0
    error_message = "What EventBridge starts has no input. Give these in schedule.parameters of their pipeline.yaml: ${join(", ", local.scheduled_without_input)}."
  }
}

output "default_pipeline" {
  description = "Name of the pipeline that runs where none is named; empty where none is meant"
  value       = local.default_pipeline
}

################################################################################
# State Machine
################################################################################

output "state_machine_name" {
  description = "State machine that runs a pipeline and waits for it"
  value       = module.state_machine.name
}

output "state_machine_arn" {
  description = "ARN of the state machine"
  value       = module.state_machine.arn
}

output "state_machine_log_group_name" {
  description = "Log group of the state machine"
  value       = module.state_machine.log_group_name
}

output "fan_out_state_machine_arn" {
  description = "ARN of the state machine that runs a pipeline or a workflow once for each of many items"
  value       = module.fan_out.arn
}

output "fan_out_log_group_name" {
  description = "Log group of that state machine"
  value       = module.fan_out.log_group_name
}

output "fan_out_access" {
  description = "Where the items of a fan-out may be read, with * for any text"
  value       = [for prefix in local.fan_out_prefixes : "s3://${local.bucket_name}/${prefix}*"]
}

################################################################################
# Workflows
################################################################################

output "workflows" {
  description = "The workflows by name: the state machine of each and its log group; the schema of its input is resources/workflows/<name>/input.schema.json"
  value = {
    for name, workflow in module.workflow : name => {
      state_machine_arn = workflow.arn
      log_group_name    = workflow.log_group_name
    }
  }
}

output "jobs_role_arn" {
  description = "Role of the workflows' jobs and models"
  value       = module.jobs_role.arn
}

output "job_access" {
  description = "What the roles allow of what the input of a workflow may name, with * for any text: places that jobs read and write, images that they run, names of what a workflow makes"
  value = {
    read  = [for arn in local.jobs_statements.ReadData.resources : replace(arn, "arn:${local.partition}:s3:::", "s3://")]
    write = [for arn in local.jobs_statements.WriteOutput.resources : replace(arn, "arn:${local.partition}:s3:::", "s3://")]
    image = [for arn in local.jobs_statements.PullImage.resources : replace(arn, "/^arn:[^:]+:ecr:([^:]+):([^:]+):repository//", "$2.dkr.ecr.$1.${data.aws_partition.current.dns_suffix}/")]
    name  = ["${var.name_prefix}-*"]
  }
}

output "images" {
  description = "Images of the project: the URI that definitions get, and the repository; empty where none was asked for"
  value = { for name, uri in local.image_uris : name => {
    uri            = uri
    repository_url = try(module.image_repository[name].url, "")
  } }
}

output "image_uri" {
  description = "Image that jobs and models run unless their input names another"
  value       = local.image_uri
}

################################################################################
# Notifications
################################################################################

output "failure_topic_arn" {
  description = "Topic that tells of each execution of the state machine that failed"
  value       = module.notifications.topic_arn
}
