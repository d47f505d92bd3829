# The roles where a processing job geocodes.

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

  geocoder = "processing"

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
    "arn:aws:lambda:us-west-2:123456789012:function:demo-answer",
  ]

  geospatial_log_group_arn     = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo-geospatial"
  start_pipeline_log_group_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo-start"
  answer_task_log_group_arn    = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo-answer"
}

override_resource {
  target = aws_iam_role.geocoding
  values = { arn = "arn:aws:iam::123456789012:role/demo-geocoding" }
}

run "each_may_do_its_work_and_nothing_else" {
  variables {
    tags = { Team = "maps" }
  }

  override_data {
    target = data.aws_iam_policy_document.container
    values = { json = "{\"Id\":\"container\"}" }
  }

  override_data {
    target = data.aws_iam_policy_document.processing_step
    values = { json = "{\"Id\":\"processing_step\"}" }
  }

  assert {
    condition     = flatten(data.aws_iam_policy_document.sagemaker_assume_role.statement[*].principals[*].identifiers) == ["sagemaker.amazonaws.com"]
    error_message = "Where no geospatial job runs, none may assume the pipeline's role."
  }

  assert {
    condition = {
      for statement in concat(data.aws_iam_policy_document.sagemaker.statement, data.aws_iam_policy_document.processing_step[0].statement) : statement.sid => join(",", statement.resources)
      } == {
      RunLambdaSteps           = join(",", var.step_function_arns)
      RunProcessingJobs        = "arn:aws:sagemaker:us-west-2:123456789012:processing-job/pipelines-*"
      PassRoleToProcessingJobs = "arn:aws:iam::123456789012:role/demo-geocoding"
    }
    error_message = "The pipeline must neither read nor write files: its jobs do, as a role of their own."
  }

  assert {
    condition = toset(flatten(concat(data.aws_iam_policy_document.sagemaker.statement, data.aws_iam_policy_document.processing_step[0].statement)[*].actions)) == toset([
      "iam:PassRole",
      "lambda:InvokeFunction",
      "sagemaker:AddTags",
      "sagemaker:CreateProcessingJob",
      "sagemaker:DescribeProcessingJob",
      "sagemaker:StopProcessingJob",
    ])
    error_message = "The pipeline must be able to do what it needs, and nothing else."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.processing_step[0].statement : [
        for condition in statement.condition : "${statement.sid}: ${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]
    ]) == ["PassRoleToProcessingJobs: StringEquals iam:PassedToService sagemaker.amazonaws.com"]
    error_message = "The role must be for SageMaker alone."
  }

  assert {
    condition = [
      join(",", data.aws_iam_policy_document.sagemaker.source_policy_documents),
      join(",", data.aws_iam_policy_document.geocoding.source_policy_documents),
    ] == ["{\"Id\":\"processing_step\"}", "{\"Id\":\"container\"}"]
    error_message = "The policies must have these parts, and no other."
  }

  assert {
    condition     = data.aws_iam_policy_document.geospatial.statement[*].sid == tolist(["WriteLogs", "WorkThroughQueue"]) && length(data.aws_iam_policy_document.geospatial.source_policy_documents) == 0
    error_message = "The function waits at a queue that stays empty: it needs to be able to, and nothing else."
  }

  assert {
    condition     = aws_iam_role.geocoding[0].assume_role_policy == data.aws_iam_policy_document.jobs_assume_role.json && output.geocoding_role_arn == "arn:aws:iam::123456789012:role/demo-geocoding"
    error_message = "The job's role must be for SageMaker, for this account, and nobody else."
  }

  assert {
    condition = {
      for statement in concat(data.aws_iam_policy_document.geocoding.statement, data.aws_iam_policy_document.container.statement) : statement.sid => join(",", statement.resources)
      } == {
      ListInput       = "arn:aws:s3:::demo-bucket"
      ReadInput       = "arn:aws:s3:::demo-bucket/samplefiles/*"
      WriteOutput     = "arn:aws:s3:::demo-bucket/outputfiles/*"
      PullImage       = "arn:aws:ecr:us-west-2:123456789012:repository/demo-scikit"
      LogInToRegistry = "*"
      WriteLogs       = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/sagemaker/*"
      WriteMetrics    = "*"
    }
    error_message = "The job must read the input, write the output, and have what every container needs."
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.geocoding.statement[*].actions)) == toset([
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
    ])
    error_message = "The job must be able to do what it needs, and nothing else."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.geocoding.statement : [
        for condition in statement.condition : "${statement.sid}: ${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]
    ]) == ["ListInput: StringLike s3:prefix samplefiles/*"]
    error_message = "The job must not list other people's data."
  }

  assert {
    condition     = aws_iam_role_policy.geocoding[0].role == "demo-geocoding" && aws_iam_role_policy.geocoding[0].policy == data.aws_iam_policy_document.geocoding.json && aws_iam_role.geocoding[0].tags == tomap({ Team = "maps" })
    error_message = "The policy must be on the role, and the tags as well."
  }
}
