locals {
  is_emulated = var.endpoint_url != null

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

  name = local.queue_name
  sender_arns = concat(
    [for name in local.callback_pipelines : "arn:${local.partition}:iam::${local.account_id}:role/${local.pipeline_cloud_names[name]}-pipeline"],
    var.queue_operator_arns,
  )

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

module "notifications" {
  source = "./modules/notifications"

  name  = "${var.name_prefix}-failures"
  email = var.notification_email

  tags = var.tags
}
