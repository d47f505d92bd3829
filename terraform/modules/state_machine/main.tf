locals {
  # The provider compares definitions as text: jsonencode gives this JSON its one text.
  definition = jsonencode(jsondecode(var.definition))
}

resource "aws_sfn_state_machine" "this" {
  name     = var.name
  type     = "STANDARD"
  role_arn = module.role.arn

  definition = local.definition

  logging_configuration {
    level                  = var.log_level
    include_execution_data = var.include_execution_data
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  # To leave it out is not to turn it off: the provider takes a missing block for one that need not change.
  dynamic "tracing_configuration" {
    for_each = var.tracing_enabled[*]

    content {
      enabled = tracing_configuration.value
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = length(local.unknown_integrations) == 0 || length(var.policy_statements) > 0
      error_message = "The permissions of these tasks are not known: ${join(", ", local.unknown_integrations)}. Give them in policy_statements."
    }
  }
}

# Encrypted by CloudWatch Logs itself. The prefix keeps the account's one policy for log delivery short: AWS adds each
# group to it that begins otherwise, until there is no room left.
# https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.retention_in_days

  tags = var.tags
}
