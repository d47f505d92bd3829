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
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
}

variables {
  lambda_role_name    = "demo-lambda"
  sagemaker_role_name = "demo-sagemaker"
  bucket_arn          = "arn:aws:s3:::demo-bucket"
  output_prefix       = "outputfiles/"
  queue_arn           = "arn:aws:sqs:us-west-2:123456789012:demo-callback"
  function_arn        = "arn:aws:lambda:us-west-2:123456789012:function:demo"
  log_group_arn       = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo"
  pipeline_arn        = "arn:aws:sagemaker:us-west-2:123456789012:pipeline/demo"
}

run "functions_may_do_their_work_and_nothing_else" {
  assert {
    condition     = flatten(data.aws_iam_policy_document.lambda_assume_role.statement[*].principals[*].identifiers) == ["lambda.amazonaws.com"]
    error_message = "Only Lambda may assume the functions' role."
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.lambda.statement : statement.sid => join(",", statement.resources)
      } == {
      WorkThroughQueue        = var.queue_arn
      WriteLogs               = "${var.log_group_arn}:log-stream:*"
      RunVectorEnrichmentJobs = "arn:aws:sagemaker-geospatial:us-west-2:123456789012:vector-enrichment-job/*"
      AnswerCallbackSteps     = "${var.pipeline_arn}/execution/*"
      PassRoleToJobs          = aws_iam_role.sagemaker.arn
    }
    error_message = "Each statement of the functions' policy must name the one resource it is about."
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.lambda.statement[*].actions)) == toset([
      "iam:PassRole",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "sagemaker-geospatial:ExportVectorEnrichmentJob",
      "sagemaker-geospatial:StopVectorEnrichmentJob",
      "sagemaker-geospatial:GetVectorEnrichmentJob",
      "sagemaker-geospatial:StartVectorEnrichmentJob",
      "sagemaker:SendPipelineExecutionStepFailure",
      "sagemaker:SendPipelineExecutionStepSuccess",
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
    ])
    error_message = "The functions must be able to do what they need, and nothing else."
  }

  assert {
    condition     = aws_iam_role_policy.lambda.role == var.lambda_role_name && aws_iam_role_policy.lambda.policy == data.aws_iam_policy_document.lambda.json
    error_message = "The functions' policy must be on the functions' role."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.lambda.statement : [
        for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ] if contains(statement.actions, "iam:PassRole")
    ]) == ["StringEquals iam:PassedToService sagemaker-geospatial.amazonaws.com"]
    error_message = "iam:PassRole must be limited to geospatial jobs."
  }
}

run "pipelines_may_do_their_work_and_nothing_else" {
  assert {
    condition = toset(flatten(data.aws_iam_policy_document.sagemaker_assume_role.statement[*].principals[*].identifiers)) == toset([
      "sagemaker.amazonaws.com",
      "sagemaker-geospatial.amazonaws.com",
    ])
    error_message = "SageMaker and SageMaker geospatial, and nobody else, may assume the pipeline's role."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.sagemaker_assume_role.statement : [
        for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ] if contains(flatten(statement.principals[*].identifiers), "sagemaker.amazonaws.com")
    ]) == ["StringEquals aws:SourceAccount 123456789012"]
    error_message = "A pipeline of another account must not be able to borrow the role."
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.sagemaker.statement : statement.sid => join(",", statement.resources)
      } == {
      RunLambdaSteps       = var.function_arn
      SendCallbackMessages = var.queue_arn
      ListData             = "arn:aws:s3:::demo-bucket"
      ReadData             = "arn:aws:s3:::demo-bucket/*"
      WriteOutput          = "arn:aws:s3:::demo-bucket/outputfiles/*"
      LookAtOwnJobs        = "arn:aws:sagemaker-geospatial:us-west-2:123456789012:vector-enrichment-job/*"
    }
    error_message = "Each statement of the pipeline's policy must name the one resource it is about."
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.sagemaker.statement[*].actions)) == toset([
      "lambda:InvokeFunction",
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:ListBucketMultipartUploads",
      "s3:PutObject",
      "sagemaker-geospatial:GetVectorEnrichmentJob",
      "sqs:SendMessage",
    ])
    error_message = "The pipeline and its jobs must be able to do what they need, and nothing else."
  }
}

run "names_and_tags_reach_both_roles" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition     = output.sagemaker_role_arn_static == "arn:aws:iam::123456789012:role/${aws_iam_role.sagemaker.name}"
    error_message = "The static ARN must be the one that IAM gives a role of this name."
  }

  assert {
    condition     = aws_iam_role.lambda.tags == tomap({ Team = "maps" }) && aws_iam_role.sagemaker.tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }
}

run "rejects_a_lambda_role_name_with_a_path" {
  command = plan
  variables {
    lambda_role_name = "team/lambda"
  }
  expect_failures = [var.lambda_role_name]
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

run "rejects_writing_everywhere" {
  command = plan
  variables {
    output_prefix = ""
  }
  expect_failures = [var.output_prefix]
}

run "rejects_a_wildcard_queue" {
  command = plan
  variables {
    queue_arn = "arn:aws:sqs:us-west-2:123456789012:*"
  }
  expect_failures = [var.queue_arn]
}

run "rejects_a_function_version" {
  command = plan
  variables {
    function_arn = "arn:aws:lambda:us-west-2:123456789012:function:demo:1"
  }
  expect_failures = [var.function_arn]
}

run "rejects_a_log_group_with_its_streams" {
  command = plan
  variables {
    log_group_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/demo:*"
  }
  expect_failures = [var.log_group_arn]
}

run "rejects_every_pipeline" {
  command = plan
  variables {
    pipeline_arn = "arn:aws:sagemaker:us-west-2:123456789012:pipeline/*"
  }
  expect_failures = [var.pipeline_arn]
}
