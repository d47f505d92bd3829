# The functions of the project, and those that run pipelines for the state machine.

locals {
  # What definitions call, by the names of the folders. Not the module's outputs: who names a module that has instances
  # waits for all of it, so pipelines and state machines would wait for the queue of an event source.
  function_arns = merge(
    { for name in local.all_functions : name => "${local.arns.functions}-${replace(name, "_", "-")}" },
    { answer_task = module.answer_task_function.arn, start_pipeline = module.start_pipeline_function.arn },
  )

  # A package in Node.js has the files of the function's folder at its root, one in Python has the folders, too.
  function_handlers = { for name, manifest in local.function_manifests : name =>
    try(manifest.handler, startswith(try(manifest.runtime, ""), "nodejs") ? "index.handler" : "lambda_src.${name}.handler.lambda_handler")
  }
}

module "function" {
  source   = "./modules/lambda_function"
  for_each = local.all_functions

  function_name = "${var.name_prefix}-${replace(each.key, "_", "-")}"
  description   = try(local.function_manifests[each.key].title, "The function ${each.key}")
  handler       = local.function_handlers[each.key]
  runtime       = try(local.function_manifests[each.key].runtime, null)
  memory_size   = try(local.function_manifests[each.key].memory_mb, null)
  timeout       = try(local.function_manifests[each.key].timeout_seconds, local.function_timeout_seconds)
  filename      = "${var.lambda_package_directory}/${each.key}.zip"

  policy_statements = merge(
    { for id, statement in local.callback_function_statements : id => statement if contains(local.callback_functions, each.key) },
    try(local.function_manifests[each.key].permissions, {}),
  )
  retention_in_days = var.log_retention_days

  environment_variables = merge(
    { LOG_LEVEL = var.log_level },
    contains(local.callback_functions, each.key) ? { QUEUE_URL = local.queue_url, TASK_TOKEN_URI = local.task_token_uri } : {},
    try(local.function_manifests[each.key].environment, {}),
  )

  event_source = contains(local.callback_functions, each.key) ? { arn = module.queue.arn } : null

  tags = var.tags
}

module "start_pipeline_function" {
  source = "./modules/lambda_function"

  function_name     = "${var.name_prefix}-start-pipeline"
  description       = "Stores the task token and starts the pipeline"
  handler           = "lambda_src.start_pipeline.handler.lambda_handler"
  filename          = "${var.lambda_package_directory}/start_pipeline.zip"
  policy_statements = local.start_pipeline_statements
  timeout           = local.function_timeout_seconds
  retention_in_days = var.log_retention_days

  environment_variables = {
    TASK_TOKEN_URI   = local.task_token_uri
    NAME_PREFIX      = var.name_prefix
    DEFAULT_PIPELINE = local.default_pipeline
    LOG_LEVEL        = var.log_level
  }

  tags = var.tags
}

module "answer_task_function" {
  source = "./modules/lambda_function"

  function_name     = "${var.name_prefix}-answer-task"
  description       = "Answers the task that waits for the pipeline, and stops the pipeline when no task waits any more"
  handler           = "lambda_src.answer_task.handler.lambda_handler"
  filename          = "${var.lambda_package_directory}/answer_task.zip"
  policy_statements = local.answer_task_statements
  timeout           = local.function_timeout_seconds
  retention_in_days = var.log_retention_days

  environment_variables = {
    TASK_TOKEN_URI   = local.task_token_uri
    NAME_PREFIX      = var.name_prefix
    DEFAULT_PIPELINE = local.default_pipeline
    LOG_LEVEL        = var.log_level
  }

  event_rules = { for name, rule in local.event_rules : name => {
    name          = "${var.name_prefix}-${name}"
    description   = rule.description
    event_pattern = jsonencode(rule.pattern)
  } }
  on_failure = { arn = module.lost_events.arn }

  tags = var.tags
}
