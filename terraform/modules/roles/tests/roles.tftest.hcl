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

run "geospatial_function_may_do_its_work_and_nothing_else" {
  assert {
    condition = {
      for statement in concat(data.aws_iam_policy_document.geospatial.statement, data.aws_iam_policy_document.vector_enrichment_function[0].statement) : statement.sid => join(",", statement.resources)
      } == {
      WriteLogs               = "${var.geospatial_log_group_arn}:log-stream:*"
      WorkThroughQueue        = var.queue_arn
      RunVectorEnrichmentJobs = "arn:aws:sagemaker-geospatial:us-west-2:123456789012:vector-enrichment-job/*"
      AnswerCallbackSteps     = "${var.pipeline_arn}/execution/*"
      PassRoleToJobs          = aws_iam_role.sagemaker.arn
      ReadTaskTokens          = "arn:aws:s3:::demo-bucket/task-tokens/*"
      ListTaskTokens          = var.bucket_arn
      KeepTasksAlive          = var.state_machine_arn
    }
    error_message = "Each statement of the function's policy must name the one resource it is about."
  }

  assert {
    condition = toset(flatten(concat(data.aws_iam_policy_document.geospatial.statement, data.aws_iam_policy_document.vector_enrichment_function[0].statement)[*].actions)) == toset([
      "iam:PassRole",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:GetObject",
      "s3:ListBucket",
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
      "states:SendTaskHeartbeat",
    ])
    error_message = "The function must be able to do what it needs, and nothing else."
  }

  assert {
    condition = flatten([
      for statement in concat(data.aws_iam_policy_document.geospatial.statement, data.aws_iam_policy_document.vector_enrichment_function[0].statement) : [
        for condition in statement.condition : "${statement.sid}: ${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]
      ]) == [
      "PassRoleToJobs: StringEquals iam:PassedToService sagemaker-geospatial.amazonaws.com",
      "ListTaskTokens: StringLike s3:prefix task-tokens/*",
    ]
    error_message = "iam:PassRole must be limited to geospatial jobs, and s3:ListBucket to task tokens."
  }
}

run "start_function_may_do_its_work_and_nothing_else" {
  assert {
    condition = {
      for statement in data.aws_iam_policy_document.start_pipeline.statement : statement.sid => join(",", statement.resources)
      } == {
      WriteLogs               = "${var.start_pipeline_log_group_arn}:log-stream:*"
      StoreAndReadTaskTokens  = "arn:aws:s3:::demo-bucket/task-tokens/*"
      ListTaskTokens          = var.bucket_arn
      StartPipeline           = var.pipeline_arn
      LookAtAndStopExecutions = "${var.pipeline_arn}/execution/*"
      AnswerTasks             = var.state_machine_arn
    }
    error_message = "Each statement of the function's policy must name the one resource it is about."
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.start_pipeline.statement[*].actions)) == toset([
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
      "sagemaker:DescribePipelineExecution",
      "sagemaker:ListPipelineExecutionSteps",
      "sagemaker:StartPipelineExecution",
      "sagemaker:StopPipelineExecution",
      "states:SendTaskFailure",
      "states:SendTaskHeartbeat",
      "states:SendTaskSuccess",
    ])
    error_message = "The function must be able to do what it needs, and nothing else."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.start_pipeline.statement : [
        for condition in statement.condition : "${statement.sid}: ${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]
    ]) == ["ListTaskTokens: StringLike s3:prefix task-tokens/*"]
    error_message = "s3:ListBucket must be limited to task tokens."
  }
}

run "answer_function_may_do_its_work_and_nothing_else" {
  assert {
    condition = {
      for statement in data.aws_iam_policy_document.answer_task.statement : statement.sid => join(",", statement.resources)
      } == {
      WriteLogs               = "${var.answer_task_log_group_arn}:log-stream:*"
      StoreAndReadTaskTokens  = "arn:aws:s3:::demo-bucket/task-tokens/*"
      ListTaskTokens          = var.bucket_arn
      FindExecutions          = var.pipeline_arn
      LookAtAndStopExecutions = "${var.pipeline_arn}/execution/*"
      AnswerTasks             = var.state_machine_arn
      KeepLostEvents          = var.lost_events_arn
    }
    error_message = "Each statement of the function's policy must name the one resource it is about."
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.answer_task.statement[*].actions)) == toset([
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
      "sagemaker:DescribePipelineExecution",
      "sagemaker:ListPipelineExecutionSteps",
      "sagemaker:ListPipelineExecutions",
      "sagemaker:ListPipelineParametersForExecution",
      "sagemaker:StopPipelineExecution",
      "sqs:SendMessage",
      "states:SendTaskFailure",
      "states:SendTaskSuccess",
    ])
    error_message = "The function must be able to do what it needs, and nothing else."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.answer_task.statement : [
        for condition in statement.condition : "${statement.sid}: ${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]
    ]) == ["ListTaskTokens: StringLike s3:prefix task-tokens/*"]
    error_message = "s3:ListBucket must be limited to task tokens."
  }
}

run "each_function_has_its_own_role" {
  assert {
    condition     = flatten(data.aws_iam_policy_document.lambda_assume_role.statement[*].principals[*].identifiers) == ["lambda.amazonaws.com"]
    error_message = "Only Lambda may assume a function's role."
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.geospatial, aws_iam_role.start_pipeline, aws_iam_role.answer_task] :
      role.assume_role_policy == data.aws_iam_policy_document.lambda_assume_role.json
    ])
    error_message = "Every function's role must have that policy."
  }

  assert {
    condition = [
      for policy in [aws_iam_role_policy.geospatial, aws_iam_role_policy.start_pipeline, aws_iam_role_policy.answer_task] : policy.role
    ] == [var.geospatial_role_name, var.start_pipeline_role_name, var.answer_task_role_name]
    error_message = "Each policy must be on its own role."
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
      for statement in concat(data.aws_iam_policy_document.sagemaker.statement, data.aws_iam_policy_document.vector_enrichment_steps[0].statement) : statement.sid => join(",", statement.resources)
      } == {
      RunLambdaSteps       = join(",", sort(var.step_function_arns))
      SendCallbackMessages = var.queue_arn
      ListData             = "arn:aws:s3:::demo-bucket"
      ReadData             = "arn:aws:s3:::demo-bucket/outputfiles/*,arn:aws:s3:::demo-bucket/samplefiles/*"
      WriteOutput          = "arn:aws:s3:::demo-bucket/outputfiles/*"
      LookAtOwnJobs        = "arn:aws:sagemaker-geospatial:us-west-2:123456789012:vector-enrichment-job/*"
    }
    error_message = "Each statement of the pipeline's policy must name the resources it is about: task tokens are not among them."
  }

  assert {
    condition = toset(flatten(concat(data.aws_iam_policy_document.sagemaker.statement, data.aws_iam_policy_document.vector_enrichment_steps[0].statement)[*].actions)) == toset([
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

run "each_policy_has_its_parts_and_none_of_the_other_geocoder" {
  override_data {
    target = data.aws_iam_policy_document.container
    values = { json = "{\"Id\":\"container\"}" }
  }

  override_data {
    target = data.aws_iam_policy_document.vector_enrichment_function
    values = { json = "{\"Id\":\"vector_enrichment_function\"}" }
  }

  override_data {
    target = data.aws_iam_policy_document.vector_enrichment_steps
    values = { json = "{\"Id\":\"vector_enrichment_steps\"}" }
  }

  assert {
    condition = [
      join(",", data.aws_iam_policy_document.geospatial.source_policy_documents),
      join(",", data.aws_iam_policy_document.sagemaker.source_policy_documents),
      join(",", data.aws_iam_policy_document.jobs.source_policy_documents),
    ] == ["{\"Id\":\"vector_enrichment_function\"}", "{\"Id\":\"vector_enrichment_steps\"}", "{\"Id\":\"container\"}"]
    error_message = "What a policy shares, or has because of the geocoder, must be a part of it."
  }

  assert {
    condition     = length(aws_iam_role.geocoding) == 0 && output.geocoding_role_arn == null && length(data.aws_iam_policy_document.processing_step) == 0
    error_message = "Where geospatial jobs geocode, nobody may run processing jobs."
  }
}

run "jobs_may_do_their_work_and_nothing_else" {
  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.jobs_assume_role.statement : concat(
        flatten(statement.principals[*].identifiers),
        [for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"],
      )
    ]) == ["sagemaker.amazonaws.com", "StringEquals aws:SourceAccount 123456789012"]
    error_message = "SageMaker, for this account, and nobody else may assume the jobs' role."
  }

  assert {
    condition = {
      for statement in concat(data.aws_iam_policy_document.jobs.statement, data.aws_iam_policy_document.container.statement) : statement.sid => join(",", statement.resources)
      } == {
      ListData        = "arn:aws:s3:::demo-bucket"
      ReadData        = "arn:aws:s3:::demo-bucket/workflows/*"
      WriteOutput     = "arn:aws:s3:::demo-bucket/workflows/output/*"
      PullImage       = "arn:aws:ecr:us-west-2:123456789012:repository/demo-scikit"
      LogInToRegistry = "*"
      WriteLogs       = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/sagemaker/*"
      WriteMetrics    = "*"
    }
    error_message = "Each statement of the jobs' policy must name the resources it is about; a registry's token and metrics have none."
  }

  assert {
    condition = toset(flatten(concat(data.aws_iam_policy_document.jobs.statement, data.aws_iam_policy_document.container.statement)[*].actions)) == toset([
      "cloudwatch:PutMetricData",
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:GetAuthorizationToken",
      "ecr:GetDownloadUrlForLayer",
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:DescribeLogStreams",
      "logs:PutLogEvents",
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
    ])
    error_message = "Jobs must be able to do what they need, and nothing else."
  }

  assert {
    condition = flatten([
      for statement in concat(data.aws_iam_policy_document.jobs.statement, data.aws_iam_policy_document.container.statement) : [
        for condition in statement.condition : "${statement.sid}: ${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]
      ]) == [
      "ListData: StringLike s3:prefix workflows/*",
      "WriteMetrics: StringLike cloudwatch:namespace /aws/sagemaker/*,AWS/SageMaker",
    ]
    error_message = "Jobs must not list other people's data, nor write other people's metrics."
  }

  assert {
    condition     = aws_iam_role_policy.jobs.role == "demo-jobs" && aws_iam_role_policy.jobs.policy == data.aws_iam_policy_document.jobs.json
    error_message = "The policy must be on the role."
  }
}

run "names_and_tags_reach_all_roles" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition     = output.sagemaker_role_arn_static == "arn:aws:iam::123456789012:role/${aws_iam_role.sagemaker.name}"
    error_message = "The static ARN must be the one that IAM gives a role of this name."
  }

  assert {
    condition = [
      for role in [aws_iam_role.geospatial, aws_iam_role.start_pipeline, aws_iam_role.answer_task, aws_iam_role.sagemaker, aws_iam_role.jobs] :
      role.name if role.tags == tomap({ Team = "maps" })
    ] == ["demo-geospatial", "demo-start", "demo-answer", "demo-sagemaker", "demo-jobs"]
    error_message = "Tags must be passed through."
  }
}
