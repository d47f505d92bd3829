locals {
  is_emulated = var.endpoint_url != null

  # The other geocoder needs neither the geospatial function nor the queue; both stay, so that it can be changed in seconds.
  is_geospatial = var.geocoder == "vector_enrichment"

  function_timeout_seconds = 30
}

module "bucket" {
  source = "./modules/bucket"

  bucket        = local.bucket_name
  force_destroy = var.force_destroy

  # An emulator expires nothing. The provider takes 55 s to be sure of the rules, longer than the queues, and would
  # wait in vain for a LocalStack older than 2025, which leaves out a field of its answer.
  lifecycle_enabled      = !local.is_emulated
  prefix_expiration_days = { (local.task_token_prefix) = local.task_token_expiration_days }

  tags = var.tags
}

# The provider takes 25 s for each queue, one after the other (see modules/queue): all else fits in beside them.
module "queue" {
  source = "./modules/queue"

  name        = local.queue_name
  sender_arns = [local.arns.pipeline_role]

  # AWS asks for six times the function's timeout, so that no message comes back while it is being worked on.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout_seconds = 6 * local.function_timeout_seconds
  receive_wait_time_seconds  = 20
  max_receive_count          = var.max_receive_count

  tags = var.tags
}

# Nothing takes messages out but people: they are kept for as long as SQS can.
module "lost_events" {
  source = "./modules/queue"

  name                      = "${var.name_prefix}-lost-events"
  rule_arns                 = [for name in keys(local.event_rules) : "${local.arns.event_rules}-${name}"]
  message_retention_seconds = 1209600

  tags = var.tags
}

module "geospatial_function" {
  source = "./modules/lambda_function"

  function_name     = "${var.name_prefix}-geospatial"
  description       = "Starts and exports geospatial jobs, and answers the pipeline's callback steps"
  handler           = "lambda_src.geospatial.handler.lambda_handler"
  filename          = "${var.lambda_package_directory}/geospatial.zip"
  policy_statements = local.statements_by_role.geospatial
  timeout           = local.function_timeout_seconds
  retention_in_days = var.log_retention_days

  environment_variables = {
    QUEUE_URL      = local.queue_url
    TASK_TOKEN_URI = local.task_token_uri
    LOG_LEVEL      = var.log_level
  }

  event_source = { arn = module.queue.arn }

  tags = var.tags
}

module "start_pipeline_function" {
  source = "./modules/lambda_function"

  function_name     = "${var.name_prefix}-start-pipeline"
  description       = "Stores the task token and starts the pipeline"
  handler           = "lambda_src.start_pipeline.handler.lambda_handler"
  filename          = "${var.lambda_package_directory}/start_pipeline.zip"
  policy_statements = local.statements_by_role.start_pipeline
  timeout           = local.function_timeout_seconds
  retention_in_days = var.log_retention_days

  environment_variables = {
    TASK_TOKEN_URI      = local.task_token_uri
    PIPELINE_NAME       = module.geospatial_pipeline.name
    PIPELINE_PARAMETERS = jsonencode(local.pipeline_parameter_names)
    LOG_LEVEL           = var.log_level
  }

  tags = var.tags
}

module "answer_task_function" {
  source = "./modules/lambda_function"

  function_name     = "${var.name_prefix}-answer-task"
  description       = "Answers the task that waits for the pipeline, and stops the pipeline when no task waits any more"
  handler           = "lambda_src.answer_task.handler.lambda_handler"
  filename          = "${var.lambda_package_directory}/answer_task.zip"
  policy_statements = local.statements_by_role.answer_task
  timeout           = local.function_timeout_seconds
  retention_in_days = var.log_retention_days

  environment_variables = {
    TASK_TOKEN_URI = local.task_token_uri
    PIPELINE_NAME  = local.pipeline_name
    LOG_LEVEL      = var.log_level
  }

  event_rules = { for name, rule in local.event_rules : name => {
    name          = "${var.name_prefix}-${name}"
    description   = rule.description
    event_pattern = jsonencode(rule.pattern)
  } }
  on_failure = { arn = module.lost_events.arn }

  tags = var.tags
}

module "notifications" {
  source = "./modules/notifications"

  name  = "${var.name_prefix}-failures"
  email = var.notification_email

  tags = var.tags
}
