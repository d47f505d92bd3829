# Where a module takes an `_static` output of another, it does so to break a cycle, or so as not to wait for the
# queues: the provider takes 25 s for each, one after the other (see modules/queue), and all else fits in beside them.

module "roles" {
  source = "./modules/roles"

  geospatial_role_name     = "${var.name_prefix}-geospatial"
  start_pipeline_role_name = "${var.name_prefix}-start-pipeline"
  answer_task_role_name    = "${var.name_prefix}-answer-task"
  sagemaker_role_name      = "${var.name_prefix}-sagemaker"
  jobs_role_name           = "${var.name_prefix}-jobs"
  geocoding_role_name      = "${var.name_prefix}-geocoding"

  geocoder = var.geocoder

  bucket_arn        = module.bucket.arn
  input_prefix      = local.input_prefix
  output_prefix     = local.output_prefix
  task_token_prefix = local.task_token_prefix
  job_data_prefix   = local.workflow_prefix
  job_output_prefix = local.workflow_output_prefix

  queue_arn         = module.queue.arn_static
  lost_events_arn   = module.lost_events.arn_static
  repository_arn    = local.image_repository_arn
  pipeline_arn      = module.geospatial_pipeline.arn_static
  state_machine_arn = module.state_machine.arn_static
  step_function_arns = local.is_geospatial ? [
    module.geospatial_function.arn_static,
    module.answer_task_function.arn_static,
  ] : [module.answer_task_function.arn_static]

  geospatial_log_group_arn     = module.geospatial_function.log_group_arn_static
  start_pipeline_log_group_arn = module.start_pipeline_function.log_group_arn_static
  answer_task_log_group_arn    = module.answer_task_function.log_group_arn_static

  tags = var.tags
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

module "queue" {
  source = "./modules/queue"

  name                       = "${var.name_prefix}-callback"
  endpoint_url               = var.endpoint_url
  sender_arns                = [module.roles.sagemaker_role_arn_static]
  visibility_timeout_seconds = local.visibility_timeout_seconds
  max_receive_count          = var.max_receive_count

  tags = var.tags
}

# Beside the two queues above: it takes no time of its own.
module "lost_events" {
  source = "./modules/lost_events"

  name      = "${var.name_prefix}-lost-events"
  rule_arns = [for name in keys(local.event_rules) : "${local.rule_arn_prefix}/${var.name_prefix}-${name}"]

  tags = var.tags
}

module "geospatial_function" {
  source = "./modules/lambda_function"

  function_name     = "${var.name_prefix}-geospatial"
  description       = "Starts and exports geospatial jobs, and answers the pipeline's callback steps"
  handler           = "lambda_src.geospatial.handler.lambda_handler"
  filename          = "${var.lambda_package_directory}/geospatial.zip"
  role              = module.roles.geospatial_role_arn
  timeout           = local.function_timeout_seconds
  retention_in_days = var.log_retention_days

  environment_variables = {
    QUEUE_URL      = module.queue.url_static
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
  role              = module.roles.start_pipeline_role_arn
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
  role              = module.roles.answer_task_role_arn
  timeout           = local.function_timeout_seconds
  retention_in_days = var.log_retention_days

  environment_variables = {
    TASK_TOKEN_URI = local.task_token_uri
    PIPELINE_NAME  = local.pipeline_name
    LOG_LEVEL      = var.log_level
  }

  # The event rules invoke it asynchronously.
  on_failure = { arn = module.lost_events.arn }

  tags = var.tags
}

module "geospatial_pipeline" {
  source = "./modules/sagemaker_pipeline"

  pipeline_name       = local.pipeline_name
  description         = "Turns coordinates into addresses"
  role_arn            = module.roles.sagemaker_role_arn
  pipeline_definition = local.pipeline_definition

  tags = var.tags
}

module "state_machine" {
  source = "./modules/state_machine"

  name              = "${var.name_prefix}-run-pipeline"
  definition        = local.state_machine_definition
  function_arns     = [module.start_pipeline_function.arn]
  topic_arns        = [module.notifications.topic_arn]
  retention_in_days = var.log_retention_days

  # An emulator traces nothing. LocalStack does not say what it was told about it, so that each plan would change it.
  tracing_enabled = local.is_emulated ? null : var.tracing_enabled

  tags = var.tags
}

module "notifications" {
  source = "./modules/notifications"

  name  = "${var.name_prefix}-failures"
  email = var.notification_email

  tags = var.tags
}

# Each watches one side and tells the other: a pipeline that did not succeed ends its task, and a state machine that did
# not succeed ends its pipeline.
module "event_rule" {
  source   = "./modules/event_rule"
  for_each = local.event_rules

  name          = "${var.name_prefix}-${each.key}"
  description   = each.value.description
  event_pattern = jsonencode(each.value.pattern)
  function_name = module.answer_task_function.name
  function_arn  = module.answer_task_function.arn

  dead_letter_arn = module.lost_events.arn

  tags = var.tags
}
