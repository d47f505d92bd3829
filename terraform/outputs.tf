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

output "geocoder" {
  description = "What turns coordinates into addresses; it decides on the pipeline's parameters"
  value       = var.geocoder
}

################################################################################
# Roles
################################################################################

output "geospatial_role_arn" {
  description = "Role of the geospatial function"
  value       = module.geospatial_function.role_arn
}

output "sagemaker_role_arn" {
  description = "Role of the pipeline and of its geospatial jobs: the value of parameter_execution_role"
  value       = module.geospatial_pipeline.role_arn
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
  description = "Queue of the callback steps: the value of parameter_queue_url"
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

output "geospatial_function_name" {
  description = "Function behind the Lambda steps and the queue"
  value       = module.geospatial_function.name
}

output "geospatial_function_arn" {
  description = "ARN of the function behind the Lambda steps and the queue"
  value       = module.geospatial_function.arn
}

output "geospatial_log_group_name" {
  description = "Log group of that function"
  value       = module.geospatial_function.log_group_name
}

output "start_pipeline_function_name" {
  description = "Function that the state machine calls to start the pipeline"
  value       = module.start_pipeline_function.name
}

output "start_pipeline_log_group_name" {
  description = "Log group of that function"
  value       = module.start_pipeline_function.log_group_name
}

output "answer_task_function_name" {
  description = "Function that answers the state machine: the pipeline's last step, and the target of the event rules"
  value       = module.answer_task_function.name
}

output "answer_task_log_group_name" {
  description = "Log group of that function"
  value       = module.answer_task_function.log_group_name
}

################################################################################
# Pipeline
################################################################################

output "pipeline_name" {
  description = "Pipeline that turns coordinates into addresses"
  value       = module.geospatial_pipeline.name
}

output "pipeline_arn" {
  description = "ARN of the pipeline"
  value       = module.geospatial_pipeline.arn
}

################################################################################
# State Machine
################################################################################

output "state_machine_name" {
  description = "State machine that runs the pipeline and waits for it"
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

################################################################################
# Workflows
################################################################################

output "workflows" {
  description = "The workflows by name: the state machine of each and its log group; the schema of its input is resources/workflows/<name>.schema.json"
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

output "image_repository_url" {
  description = "Repository of the image of jobs and models, to which a tag is added; empty where none was asked for"
  value       = join("", module.image_repository[*].url)
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
