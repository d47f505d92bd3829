mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "us-west-2" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:us-west-2:123456789012:function:mocked" }
  }
}

variables {
  function_name = "demo"
  description   = "Demonstrates"
  role          = "arn:aws:iam::123456789012:role/demo-lambda"
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
    condition     = output.arn_static == "arn:aws:lambda:us-west-2:123456789012:function:${aws_lambda_function.this.function_name}"
    error_message = "The static ARN must be the one that Lambda gives a function of this name."
  }

  assert {
    condition     = output.log_group_arn_static == "arn:aws:logs:us-west-2:123456789012:log-group:${aws_cloudwatch_log_group.this.name}"
    error_message = "The static ARN must be the one that CloudWatch Logs gives a group of this name."
  }

  assert {
    condition = alltrue([
      for tags in [aws_lambda_function.this.tags, aws_cloudwatch_log_group.this.tags, aws_lambda_event_source_mapping.this[0].tags] :
      tags == tomap({ Team = "maps" })
    ])
    error_message = "Tags must be passed through."
  }
}

run "says_that_the_package_is_missing" {
  command = plan
  variables {
    filename = "tests/missing.zip"
  }
  expect_failures = [aws_lambda_function.this]
}

run "rejects_a_function_name_with_dots" {
  command = plan
  variables {
    function_name = "demo.function"
  }
  expect_failures = [var.function_name]
}

run "rejects_a_long_description" {
  command = plan
  variables {
    description = format("%257s", "")
  }
  expect_failures = [var.description]
}

run "rejects_a_role_name" {
  command = plan
  variables {
    role = "demo-lambda"
  }
  expect_failures = [var.role]
}

run "rejects_a_package_that_is_no_zip" {
  command = plan
  variables {
    filename = "main.tf"
  }
  expect_failures = [var.filename]
}

run "rejects_a_handler_without_function" {
  command = plan
  variables {
    handler = "handler"
  }
  expect_failures = [var.handler]
}

run "rejects_another_language" {
  command = plan
  variables {
    runtime = "nodejs22.x"
  }
  expect_failures = [var.runtime]
}

run "rejects_too_little_memory" {
  command = plan
  variables {
    memory_size = 64
  }
  expect_failures = [var.memory_size]
}

run "rejects_a_timeout_beyond_fifteen_minutes" {
  command = plan
  variables {
    timeout = 901
  }
  expect_failures = [var.timeout]
}

run "rejects_logs_for_ever" {
  command = plan
  variables {
    retention_in_days = 0
  }
  expect_failures = [var.retention_in_days]
}

run "rejects_batches_that_need_a_window" {
  command = plan
  variables {
    event_source = {
      arn        = "arn:aws:sqs:us-west-2:123456789012:demo-callback"
      batch_size = 11
    }
  }
  expect_failures = [var.event_source]
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

run "rejects_a_destination_that_is_no_queue" {
  command = plan
  variables {
    on_failure = { arn = "arn:aws:sns:us-west-2:123456789012:demo" }
  }
  expect_failures = [var.on_failure]
}
