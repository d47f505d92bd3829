# What the root refuses, before anything is made.

mock_provider "aws" {
  source = "./tests/mock"
}

variables {
  lambda_package_directory = "tests/packages"
}

# One run for all variables: each starts the provider, which takes seconds. Every variable that is named must be
# refused, and no other.
run "rejects_values_that_no_one_can_deploy" {
  command = plan
  variables {
    region                     = "us-west-2a"
    endpoint_url               = "http://127.0.0.1:4566/aws"
    name_prefix                = "Sagestep"
    tags                       = { "aws:createdBy" = "me" }
    max_receive_count          = 1001
    queue_operator_arns        = ["arn:aws:iam::123456789012:role/*"]
    lambda_package_directory   = " "
    log_level                  = "LOUD"
    log_retention_days         = 15
    pipeline_heartbeat_seconds = 0.5
    notification_email         = "team@example.com, boss@example.com"
    pipelines                  = ["nominatim"]
    workflows                  = ["nominatim"]
  }
  expect_failures = [
    var.region,
    var.endpoint_url,
    var.name_prefix,
    var.tags,
    var.max_receive_count,
    var.queue_operator_arns,
    var.lambda_package_directory,
    var.log_level,
    var.log_retention_days,
    var.pipeline_heartbeat_seconds,
    var.notification_email,
    var.pipelines,
    var.workflows,
  ]
}

# The heartbeat's rule reads the timeout, and the default pipeline's the pipelines: Terraform applies neither where those
# are refused.
run "rejects_waiting_for_longer_than_a_week" {
  command = plan
  variables {
    pipeline_timeout_seconds = 604801
    default_pipeline         = "nominatim"
  }
  expect_failures = [var.pipeline_timeout_seconds, var.default_pipeline]
}

run "rejects_a_heartbeat_that_outlasts_the_timeout" {
  command = plan
  variables {
    pipeline_timeout_seconds   = 600
    pipeline_heartbeat_seconds = 600
  }
  expect_failures = [var.pipeline_heartbeat_seconds]
}
