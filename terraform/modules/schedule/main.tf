resource "aws_cloudwatch_event_rule" "this" {
  name                = var.name
  description         = var.description
  schedule_expression = var.expression

  tags = var.tags
}

resource "aws_cloudwatch_event_target" "this" {
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "state-machine"
  arn       = var.state_machine_arn
  role_arn  = module.role.arn
  input     = var.input
}

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html#eb-target-permissions
# https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
module "role" {
  source = "../role"

  name        = var.name
  description = "Lets the rule ${var.name} start its state machine"

  trusted_services  = { "events.amazonaws.com" = { source_arn = aws_cloudwatch_event_rule.this.arn } }
  policy_name       = "schedule"
  policy_statements = { StartExecution = { actions = ["states:StartExecution"], resources = [var.state_machine_arn] } }

  tags = var.tags
}
