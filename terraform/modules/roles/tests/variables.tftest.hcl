# What the module refuses, before anything is made.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  geospatial_role_name     = "demo-geospatial"
  start_pipeline_role_name = "demo-start"
  answer_task_role_name    = "demo-answer"
  sagemaker_role_name      = "demo-sagemaker"
  jobs_role_name           = "demo-jobs"
  geocoding_role_name      = "demo-geocoding"

  geocoder = "vector_enrichment"

  bucket_arn        = "arn:aws:s3:::demo-bucket"
  input_prefix      = "samplefiles/"
  output_prefix     = "outputfiles/"
  task_token_prefix = "task-tokens/"
  job_data_prefix   = "workflows/"
  job_output_prefix = "workflows/output/"

  queue_arn         = "arn:aws:sqs:us-west-2:123456789012:demo-callback"
  lost_events_arn   = "arn:aws:sqs:us-west-2:123456789012:demo-lost-events"
  pipeline_arn      = "arn:aws:sagemaker:us-west-2:123456789012:pipeline/demo"
  state_machine_arn = "arn:aws:states:us-west-2:123456789012:stateMachine:demo-run"
  repository_arn    = "arn:aws:ecr:us-west-2:123456789012:repository/demo-scikit"
  step_function_arns = [
    "arn:aws:lambda:us-west-2:123456789012:function:demo-geospatial",
    "arn:aws:lambda:us-west-2:123456789012:function:demo-answer",
  ]

  geospatial_log_group_arn     = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo-geospatial"
  start_pipeline_log_group_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo-start"
  answer_task_log_group_arn    = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo-answer"
}

run "rejects_a_geospatial_role_name_with_a_path" {
  command = plan
  variables {
    geospatial_role_name = "team/geospatial"
  }
  expect_failures = [var.geospatial_role_name]
}

run "rejects_a_start_role_name_with_a_path" {
  command = plan
  variables {
    start_pipeline_role_name = "team/start"
  }
  expect_failures = [var.start_pipeline_role_name]
}

run "rejects_an_answer_role_name_with_a_path" {
  command = plan
  variables {
    answer_task_role_name = "team/answer"
  }
  expect_failures = [var.answer_task_role_name]
}

run "rejects_a_sagemaker_role_name_that_is_too_long" {
  command = plan
  variables {
    sagemaker_role_name = "a12345678901234567890123456789012345678901234567890123456789012345"
  }
  expect_failures = [var.sagemaker_role_name]
}

run "rejects_a_wildcard_bucket" {
  command = plan
  variables {
    bucket_arn = "arn:aws:s3:::*"
  }
  expect_failures = [var.bucket_arn]
}

run "rejects_reading_everywhere" {
  command = plan
  variables {
    input_prefix = ""
  }
  expect_failures = [var.input_prefix]
}

run "rejects_writing_everywhere" {
  command = plan
  variables {
    output_prefix = ""
  }
  expect_failures = [var.output_prefix]
}

run "rejects_tokens_everywhere" {
  command = plan
  variables {
    task_token_prefix = ""
  }
  expect_failures = [var.task_token_prefix]
}

run "rejects_a_wildcard_queue" {
  command = plan
  variables {
    queue_arn = "arn:aws:sqs:us-west-2:123456789012:*"
  }
  expect_failures = [var.queue_arn]
}

run "rejects_lost_events_without_one_queue" {
  command = plan
  variables {
    lost_events_arn = "arn:aws:sqs:us-west-2:123456789012:*"
  }
  expect_failures = [var.lost_events_arn]
}

run "rejects_a_function_version" {
  command = plan
  variables {
    step_function_arns = ["arn:aws:lambda:us-west-2:123456789012:function:demo:1"]
  }
  expect_failures = [var.step_function_arns]
}

run "rejects_a_pipeline_without_functions" {
  command = plan
  variables {
    step_function_arns = []
  }
  expect_failures = [var.step_function_arns]
}

run "rejects_every_pipeline" {
  command = plan
  variables {
    pipeline_arn = "arn:aws:sagemaker:us-west-2:123456789012:pipeline/*"
  }
  expect_failures = [var.pipeline_arn]
}

run "rejects_every_state_machine" {
  command = plan
  variables {
    state_machine_arn = "arn:aws:states:us-west-2:123456789012:stateMachine:*"
  }
  expect_failures = [var.state_machine_arn]
}

run "rejects_a_geospatial_log_group_with_its_streams" {
  command = plan
  variables {
    geospatial_log_group_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo:*"
  }
  expect_failures = [var.geospatial_log_group_arn]
}

run "rejects_a_start_pipeline_log_group_with_its_streams" {
  command = plan
  variables {
    start_pipeline_log_group_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo:*"
  }
  expect_failures = [var.start_pipeline_log_group_arn]
}

run "rejects_an_answer_task_log_group_with_its_streams" {
  command = plan
  variables {
    answer_task_log_group_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo:*"
  }
  expect_failures = [var.answer_task_log_group_arn]
}

run "rejects_a_jobs_role_name_with_a_path" {
  command = plan
  variables {
    jobs_role_name = "team/jobs"
  }
  expect_failures = [var.jobs_role_name]
}

run "rejects_jobs_that_read_everywhere" {
  command = plan
  variables {
    job_data_prefix = ""
  }
  expect_failures = [var.job_data_prefix]
}

run "rejects_jobs_that_write_what_they_may_not_read" {
  command = plan
  variables {
    job_output_prefix = "outputfiles/"
  }
  expect_failures = [var.job_output_prefix]
}

run "rejects_every_repository" {
  command = plan
  variables {
    repository_arn = "arn:aws:ecr:us-west-2:123456789012:repository/*"
  }
  expect_failures = [var.repository_arn]
}

run "rejects_a_geocoding_role_name_with_a_path" {
  command = plan
  variables {
    geocoding_role_name = "team/geocoding"
  }
  expect_failures = [var.geocoding_role_name]
}

run "rejects_an_unknown_geocoder" {
  command = plan
  variables {
    geocoder = "nominatim"
  }
  expect_failures = [var.geocoder]
}
