################################################################################
# Queue
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

################################################################################
# Event Rules
################################################################################

resource "aws_cloudwatch_event_rule" "this" {
  for_each = var.event_rules

  name        = each.value.name
  description = each.value.description

  # The provider compares patterns as text: jsonencode gives each its one text.
  event_pattern = jsonencode(jsondecode(each.value.event_pattern))

  tags = var.tags
}

resource "aws_lambda_permission" "this" {
  for_each = aws_cloudwatch_event_rule.this

  statement_id  = each.value.name
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = aws_cloudwatch_event_rule.this

  rule      = each.value.name
  target_id = "function"
  arn       = aws_lambda_function.this.arn

  # The queue of what is not delivered within 24 hours, or not at all.
  dynamic "dead_letter_config" {
    for_each = var.on_failure[*]

    content {
      arn = dead_letter_config.value.arn
    }
  }

  # No validation of event_rules: the rules would wait for the queue.
  lifecycle {
    precondition {
      condition     = var.on_failure != null
      error_message = "Where there are event rules, on_failure must name the queue of the events that are lost."
    }
  }

  # An event that comes before the rule may invoke the function is lost: EventBridge does not try again after that.
  depends_on = [aws_lambda_permission.this]
}

################################################################################
# Asynchronous Invocations
################################################################################

# Lambda's defaults, written out: two more attempts, and six hours at most. Then the event goes to the queue, with
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
