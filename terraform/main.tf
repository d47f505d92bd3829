# Where a module takes an `_static` output of another, it does so to break a cycle, or so as not to wait for the
# queues: the provider takes 25 s for each, one after the other (see modules/queue), and all else fits in beside them.

module "roles" {
  source = "./modules/roles"

  lambda_role_name    = "${var.name_prefix}-lambda"
  sagemaker_role_name = "${var.name_prefix}-sagemaker"

  bucket_arn    = module.bucket.arn
  output_prefix = local.output_prefix
  queue_arn     = module.queue.arn_static
  function_arn  = module.geospatial_function.arn_static
  log_group_arn = module.geospatial_function.log_group_arn_static
  pipeline_arn  = module.geospatial_pipeline.arn_static

  tags = var.tags
}

module "bucket" {
  source = "./modules/bucket"

  bucket        = local.bucket_name
  force_destroy = var.force_destroy

  # An emulator expires nothing. The provider takes 55 s to be sure of the rules, longer than the queues, and would
  # wait in vain for a LocalStack older than 2025, which leaves out a field of its answer.
  lifecycle_enabled = !local.is_emulated

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

module "geospatial_function" {
  source = "./modules/lambda_function"

  function_name     = "${var.name_prefix}-geospatial"
  description       = "Starts and exports geospatial jobs, and answers the pipeline's callback steps"
  handler           = "geospatial.handler.lambda_handler"
  filename          = "${var.lambda_package_directory}/geospatial.zip"
  role              = module.roles.lambda_role_arn
  timeout           = local.function_timeout_seconds
  retention_in_days = var.log_retention_days

  environment_variables = {
    QUEUE_URL = module.queue.url_static
    LOG_LEVEL = var.log_level
  }

  event_source = { arn = module.queue.arn }

  tags = var.tags
}

module "geospatial_pipeline" {
  source = "./modules/sagemaker_pipeline"

  pipeline_name = "${var.name_prefix}-geospatial"
  description   = "Turns coordinates into addresses: job, callback, export, callback"
  role_arn      = module.roles.sagemaker_role_arn

  pipeline_definition = templatefile("${path.module}/../resources/geospatial_pipeline.json", {
    lambda_function_arn = module.geospatial_function.arn
    region              = var.region
  })

  tags = var.tags
}
