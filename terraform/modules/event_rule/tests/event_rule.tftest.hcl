mock_provider "aws" {
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:us-west-2:123456789012:rule/mocked" }
  }
}

variables {
  name          = "demo-ended"
  description   = "The demonstration has ended"
  function_name = "demo"
  function_arn  = "arn:aws:lambda:us-west-2:123456789012:function:demo"

  dead_letter_arn = "arn:aws:sqs:us-west-2:123456789012:demo-lost-events"

  event_pattern = <<-EOT
    {
      "source": ["aws.states"],
      "detail": { "status": ["FAILED"] }
    }
  EOT
}

run "matching_events_invoke_the_function" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this.event_pattern == "{\"detail\":{\"status\":[\"FAILED\"]},\"source\":[\"aws.states\"]}"
    error_message = "The order of keys and the spaces of the text must not show in the pattern."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this.rule == "demo-ended" && aws_cloudwatch_event_target.this.arn == var.function_arn
    error_message = "The rule's target must be the function."
  }

  assert {
    condition     = one(aws_cloudwatch_event_target.this.dead_letter_config).arn == var.dead_letter_arn
    error_message = "An event that cannot be delivered must not be lost."
  }

  assert {
    condition = [
      aws_lambda_permission.this.function_name,
      aws_lambda_permission.this.action,
      aws_lambda_permission.this.principal,
      aws_lambda_permission.this.source_arn,
    ] == ["demo", "lambda:InvokeFunction", "events.amazonaws.com", aws_cloudwatch_event_rule.this.arn]
    error_message = "This rule, and no other, must be allowed to invoke the function."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this.tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }
}

run "rejects_a_name_with_spaces" {
  command = plan
  variables {
    name = "demo ended"
  }
  expect_failures = [var.name]
}

run "rejects_a_long_description" {
  command = plan
  variables {
    description = format("%513s", "")
  }
  expect_failures = [var.description]
}

run "rejects_a_pattern_without_source" {
  command = plan
  variables {
    event_pattern = "{\"detail-type\":[\"Anything\"]}"
  }
  expect_failures = [var.event_pattern]
}

run "rejects_a_pattern_that_is_too_long" {
  command = plan
  variables {
    event_pattern = jsonencode({ source = [format("%4096s", "")] })
  }
  expect_failures = [var.event_pattern]
}

run "rejects_a_function_arn_for_a_name" {
  command = plan
  variables {
    function_name = "arn:aws:lambda:us-west-2:123456789012:function:demo"
  }
  expect_failures = [var.function_name]
}

run "rejects_a_function_version" {
  command = plan
  variables {
    function_arn = "arn:aws:lambda:us-west-2:123456789012:function:demo:1"
  }
  expect_failures = [var.function_arn]
}

run "rejects_a_dead_letter_queue_by_name" {
  command = plan
  variables {
    dead_letter_arn = "demo-lost-events"
  }
  expect_failures = [var.dead_letter_arn]
}
