################################################################################
# Rule
################################################################################

resource "aws_cloudwatch_event_rule" "this" {
  name        = var.name
  description = var.description

  # The provider compares patterns as text, so it gets the one text that this JSON has.
  event_pattern = jsonencode(jsondecode(var.event_pattern))

  tags = var.tags
}

################################################################################
# Target
################################################################################

resource "aws_lambda_permission" "this" {
  statement_id  = var.name
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this.arn
}

resource "aws_cloudwatch_event_target" "this" {
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "function"
  arn       = var.function_arn

  # What could not be delivered within 24 hours, or not at all.
  dead_letter_config {
    arn = var.dead_letter_arn
  }

  # An event that comes before the rule may invoke the function would be lost: EventBridge does not try again after that.
  depends_on = [aws_lambda_permission.this]
}
