# What the root refuses, before anything is made.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_package_directory = "tests/packages"
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

run "rejects_waiting_for_longer_than_a_week" {
  command = plan
  variables {
    pipeline_timeout_seconds = 604801
  }
  expect_failures = [var.pipeline_timeout_seconds]
}

run "rejects_half_a_heartbeat" {
  command = plan
  variables {
    pipeline_heartbeat_seconds = 0.5
  }
  expect_failures = [var.pipeline_heartbeat_seconds]
}

run "rejects_a_heartbeat_that_outlasts_the_timeout" {
  command = plan
  variables {
    pipeline_timeout_seconds   = 600
    pipeline_heartbeat_seconds = 600
  }
  expect_failures = [var.pipeline_heartbeat_seconds]
}

run "rejects_two_addresses" {
  command = plan
  variables {
    notification_email = "team@example.com, boss@example.com"
  }
  expect_failures = [var.notification_email]
}

run "rejects_an_unknown_geocoder" {
  command = plan
  variables {
    geocoder = "nominatim"
  }
  expect_failures = [var.geocoder]
}
