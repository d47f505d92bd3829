mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  name              = "demo-schedule"
  description       = "Starts each day"
  expression        = "rate(1 day)"
  state_machine_arn = "arn:aws:states:us-west-2:123456789012:stateMachine:demo"
  input             = "{}"
}

run "the_rule_may_start_its_state_machine_and_nothing_else" {
  assert {
    condition     = aws_cloudwatch_event_target.this.role_arn == module.role.arn && aws_cloudwatch_event_target.this.arn == var.state_machine_arn
    error_message = "The target must be the state machine, started as the role."
  }

  assert {
    condition     = { for id, statement in module.role.policy_statements : id => "${join(",", statement.actions)} ${join(",", statement.resources)}" } == { StartExecution = "states:StartExecution ${var.state_machine_arn}" }
    error_message = "The role must start this state machine alone."
  }

  assert {
    condition     = module.role.trusted_services["events.amazonaws.com"].source_arn == aws_cloudwatch_event_rule.this.arn
    error_message = "No other rule may use the role."
  }
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    name        = "demo schedule"
    description = format("%513s", "")
    expression  = "daily"
    input       = "{"
  }
  expect_failures = [var.name, var.description, var.expression, var.input]
}
