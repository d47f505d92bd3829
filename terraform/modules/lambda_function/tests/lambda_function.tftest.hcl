mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  function_name = "demo"
  description   = "Demonstrates"
  filename      = "tests/package.zip"
  handler       = "lambda_src.demo.handler.lambda_handler"
}

run "function_has_its_code_logs_and_environment" {
  variables {
    retention_in_days     = 30
    environment_variables = { QUEUE_URL = "https://sqs.us-west-2.amazonaws.com/123456789012/demo" }
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("tests/package.zip")
    error_message = "A changed package must change the function, and nothing else may."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_group == aws_cloudwatch_log_group.this.name
    error_message = "The function must log to the group that Terraform made."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/demo" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The group must have the name that tools look for, and a retention."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ QUEUE_URL = "https://sqs.us-west-2.amazonaws.com/123456789012/demo" })
    error_message = "The function must get its environment."
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.this) == 0 && length(aws_lambda_function_event_invoke_config.this) == 0
    error_message = "There must be no event source mapping, and no destination."
  }
}

run "queue_invokes_the_function" {
  variables {
    event_source = { arn = "arn:aws:sqs:us-west-2:123456789012:demo-callback" }
    tags         = { Team = "maps" }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this[0].enabled && aws_lambda_event_source_mapping.this[0].event_source_arn == "arn:aws:sqs:us-west-2:123456789012:demo-callback"
    error_message = "The mapping must be enabled and read the queue."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this[0].function_name == aws_lambda_function.this.arn
    error_message = "The mapping must invoke the function."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "Records must fail one by one."
  }

  assert {
    condition = alltrue([
      for tags in [aws_lambda_function.this.tags, aws_cloudwatch_log_group.this.tags, aws_lambda_event_source_mapping.this[0].tags] :
      tags == tomap({ Team = "maps" })
    ])
    error_message = "Tags must be passed through."
  }
}

run "the_role_writes_its_own_logs_and_does_what_was_asked_for" {
  variables {
    policy_statements = { ReadInput = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::demo/samplefiles/*"] } }
  }

  assert {
    condition = { for name, statement in module.role.policy_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" } == {
      WriteLogs = "logs:CreateLogStream,logs:PutLogEvents ${aws_cloudwatch_log_group.this.arn}:log-stream:*"
      ReadInput = "s3:GetObject arn:aws:s3:::demo/samplefiles/*"
    }
    error_message = "The function must be able to write its own logs, to do what it was given, and nothing else."
  }

  assert {
    condition     = aws_lambda_function.this.role == module.role.arn && module.role.name == "demo"
    error_message = "The function must run as its own role."
  }
}

run "matching_events_invoke_the_function" {
  variables {
    tags       = { Team = "maps" }
    on_failure = { arn = "arn:aws:sqs:us-west-2:123456789012:demo-lost-events" }
    event_rules = { ended = {
      name          = "demo-ended"
      description   = "The demonstration has ended"
      event_pattern = "{ \"source\": [\"aws.states\"], \"detail\": { \"status\": [\"FAILED\"] } }"
    } }
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["ended"].event_pattern == "{\"detail\":{\"status\":[\"FAILED\"]},\"source\":[\"aws.states\"]}"
    error_message = "The order of keys and the spaces of the text must not show in the pattern."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this["ended"].rule == "demo-ended" && aws_cloudwatch_event_target.this["ended"].arn == aws_lambda_function.this.arn
    error_message = "The rule's target must be the function."
  }

  assert {
    condition     = one(aws_cloudwatch_event_target.this["ended"].dead_letter_config).arn == var.on_failure.arn
    error_message = "An event that cannot be delivered must not be lost."
  }

  assert {
    condition = [
      aws_lambda_permission.this["ended"].function_name,
      aws_lambda_permission.this["ended"].action,
      aws_lambda_permission.this["ended"].principal,
      aws_lambda_permission.this["ended"].source_arn,
    ] == ["demo", "lambda:InvokeFunction", "events.amazonaws.com", aws_cloudwatch_event_rule.this["ended"].arn]
    error_message = "This rule, and no other, must be allowed to invoke the function."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["ended"].tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }
}

run "rejects_a_rule_whose_name_has_spaces" {
  command = plan
  variables {
    on_failure  = { arn = "arn:aws:sqs:us-west-2:123456789012:demo-lost-events" }
    event_rules = { ended = { name = "demo ended", description = "", event_pattern = "{\"source\":[\"aws.states\"]}" } }
  }
  expect_failures = [var.event_rules]
}

run "rejects_a_pattern_without_source" {
  command = plan
  variables {
    on_failure  = { arn = "arn:aws:sqs:us-west-2:123456789012:demo-lost-events" }
    event_rules = { ended = { name = "demo-ended", description = "", event_pattern = "{\"detail-type\":[\"Anything\"]}" } }
  }
  expect_failures = [var.event_rules]
}

run "rejects_rules_whose_events_could_be_lost" {
  command = plan
  variables {
    event_rules = { ended = { name = "demo-ended", description = "", event_pattern = "{\"source\":[\"aws.states\"]}" } }
  }
  expect_failures = [aws_cloudwatch_event_target.this]
}

run "says_that_the_package_is_missing" {
  command = plan
  variables {
    filename = "tests/missing.zip"
  }
  expect_failures = [aws_lambda_function.this]
}

run "a_failed_event_goes_to_its_destination" {
  variables {
    on_failure = { arn = "arn:aws:sqs:us-west-2:123456789012:demo-lost-events" }
  }

  assert {
    condition     = one(one(aws_lambda_function_event_invoke_config.this[0].destination_config).on_failure).destination == var.on_failure.arn
    error_message = "An event that the function fails on must not be lost."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this[0].function_name == "demo" && aws_lambda_function_event_invoke_config.this[0].maximum_retry_attempts == 2
    error_message = "The function must be invoked again before an event counts as lost."
  }
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    # a function name with dots
    function_name = "demo.function"
    # a long description
    description = format("%257s", "")
    # a package that is no zip
    filename = "main.tf"
    # a handler without function
    handler = "handler"
    # another language
    runtime = "ruby3.3"
    # too little memory
    memory_size = 64
    # a timeout beyond fifteen minutes
    timeout = 901
    # logs for ever
    retention_in_days = 0
    # batches that need a window
    event_source = {
      arn        = "arn:aws:sqs:us-west-2:123456789012:demo-callback"
      batch_size = 11
    }
    # a destination that is no queue
    on_failure = { arn = "arn:aws:sns:us-west-2:123456789012:demo" }
  }
  expect_failures = [
    var.function_name,
    var.description,
    var.filename,
    var.handler,
    var.runtime,
    var.memory_size,
    var.timeout,
    var.retention_in_days,
    var.event_source,
    var.on_failure,
  ]
}
