# The whole root on mocks: what one module hands to another, and what each output says.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = {
      partition  = "aws"
      dns_suffix = "amazonaws.com"
    }
  }
  mock_data "aws_region" {
    defaults = { name = "us-west-2" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  # Told apart by resource below, where a test depends on which one it is.
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mocked" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-west-2:123456789012:mocked" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:us-west-2:123456789012:function:mocked" }
  }
  mock_resource "aws_sagemaker_pipeline" {
    defaults = { arn = "arn:aws:sagemaker:us-west-2:123456789012:pipeline/mocked" }
  }
}

override_resource {
  target = module.roles.aws_iam_role.lambda
  values = { arn = "arn:aws:iam::123456789012:role/mocked-lambda" }
}

override_resource {
  target = module.roles.aws_iam_role.sagemaker
  values = { arn = "arn:aws:iam::123456789012:role/mocked-sagemaker" }
}

override_resource {
  target = module.queue.aws_sqs_queue.this
  values = {
    arn = "arn:aws:sqs:us-west-2:123456789012:mocked-callback"
    url = "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-callback"
  }
}

override_resource {
  target = module.queue.aws_sqs_queue.dlq
  values = {
    arn = "arn:aws:sqs:us-west-2:123456789012:mocked-dlq"
    url = "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-dlq"
  }
}

variables {
  lambda_package_directory = "tests/packages"
}

run "everything_has_its_name" {
  variables {
    name_prefix = "demo"
  }

  assert {
    condition     = output.bucket_name == "demo-123456789012-us-west-2"
    error_message = "The bucket's name must hold prefix, account and region: all accounts share bucket names."
  }

  assert {
    condition = [
      output.geospatial_function_name,
      output.geospatial_log_group_name,
      output.pipeline_name,
      module.queue.arn_static,
      module.roles.sagemaker_role_arn_static,
      ] == [
      "demo-geospatial",
      "/aws/lambda/demo-geospatial",
      "demo-geospatial",
      "arn:aws:sqs:us-west-2:123456789012:demo-callback",
      "arn:aws:iam::123456789012:role/demo-sagemaker",
    ]
    error_message = "Every name must begin with the prefix."
  }

  assert {
    condition     = module.queue.url_static == "https://sqs.us-west-2.amazonaws.com/123456789012/demo-callback"
    error_message = "The function must find the queue at AWS."
  }

  assert {
    condition     = local.visibility_timeout_seconds >= 6 * local.function_timeout_seconds
    error_message = "A message must stay hidden for six times the function's timeout."
  }
}

run "outputs_are_of_the_right_resource" {
  assert {
    condition     = output.lambda_role_arn == "arn:aws:iam::123456789012:role/mocked-lambda" && output.sagemaker_role_arn == "arn:aws:iam::123456789012:role/mocked-sagemaker"
    error_message = "The two roles must not be mixed up."
  }

  assert {
    condition = [output.queue_arn, output.queue_url, output.dead_letter_queue_url] == [
      "arn:aws:sqs:us-west-2:123456789012:mocked-callback",
      "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-callback",
      "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-dlq",
    ]
    error_message = "The two queues must not be mixed up."
  }

  assert {
    condition     = [output.account_id, output.region, output.name_prefix] == ["123456789012", "us-west-2", "sagestep"]
    error_message = "The outputs must say where everything is."
  }
}

run "function_finds_the_queue_of_an_emulator" {
  variables {
    endpoint_url = "http://127.0.0.1:4566"
  }

  assert {
    condition     = module.queue.url_static == "http://127.0.0.1:4566/123456789012/sagestep-callback"
    error_message = "The function must find the queue where the emulator is."
  }
}

run "rejects_a_region_that_is_a_zone" {
  command = plan
  variables {
    region = "us-west-2a"
  }
  expect_failures = [var.region]
}

run "rejects_an_endpoint_with_a_path" {
  command = plan
  variables {
    endpoint_url = "http://127.0.0.1:4566/aws"
  }
  expect_failures = [var.endpoint_url]
}

run "rejects_a_name_prefix_with_capitals" {
  command = plan
  variables {
    name_prefix = "Sagestep"
  }
  expect_failures = [var.name_prefix]
}

run "rejects_tags_that_aws_keeps_for_itself" {
  command = plan
  variables {
    tags = { "aws:createdBy" = "me" }
  }
  expect_failures = [var.tags]
}

run "rejects_a_receive_count_beyond_a_thousand" {
  command = plan
  variables {
    max_receive_count = 1001
  }
  expect_failures = [var.max_receive_count]
}

run "rejects_an_empty_package_directory" {
  command = plan
  variables {
    lambda_package_directory = " "
  }
  expect_failures = [var.lambda_package_directory]
}

run "rejects_an_unknown_log_level" {
  command = plan
  variables {
    log_level = "LOUD"
  }
  expect_failures = [var.log_level]
}

run "rejects_a_retention_that_cloudwatch_does_not_know" {
  command = plan
  variables {
    log_retention_days = 15
  }
  expect_failures = [var.log_retention_days]
}
