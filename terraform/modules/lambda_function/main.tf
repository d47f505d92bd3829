data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  log_group_name = "/aws/lambda/${var.function_name}"

  partition = data.aws_partition.current.partition
  # Region and account, as most ARNs have them.
  place = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
}

################################################################################
# Function
################################################################################

resource "aws_lambda_function" "this" {
  function_name    = var.function_name
  description      = var.description
  role             = var.role
  handler          = var.handler
  runtime          = var.runtime
  filename         = var.filename
  source_code_hash = try(filebase64sha256(var.filename), null)
  memory_size      = var.memory_size
  timeout          = var.timeout

  environment {
    variables = var.environment_variables
  }

  # Text leaves the handler's own JSON lines as they are; JSON would wrap them.
  # The reference makes the log group first: Lambda would make one that never expires.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tags = var.tags

  # Terraform only warns of this while it destroys, which must work without the package.
  lifecycle {
    precondition {
      condition     = fileexists(var.filename)
      error_message = "There is no package at ${var.filename}: pack the function first."
    }
  }
}

################################################################################
# Logs
################################################################################

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.retention_in_days

  tags = var.tags
}

################################################################################
# Asynchronous Invocations
################################################################################

# Said also where it is Lambda's default: two more attempts, and six hours at most. Then the event goes to the queue, with
# the error; the function's role must be allowed to send there.
resource "aws_lambda_function_event_invoke_config" "this" {
  count = var.on_failure == null ? 0 : 1

  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = var.on_failure.arn
    }
  }
}

################################################################################
# Event Source
################################################################################

resource "aws_lambda_event_source_mapping" "this" {
  count = var.event_source == null ? 0 : 1

  function_name    = aws_lambda_function.this.arn
  event_source_arn = var.event_source.arn
  batch_size       = var.event_source.batch_size
  enabled          = true

  # One record that fails must not bring its whole batch back.
  function_response_types = ["ReportBatchItemFailures"]

  tags = var.tags
}
