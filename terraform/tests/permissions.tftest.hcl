# What the roles may do. What a module grants by itself (logs, steps, tasks) is tested with the module.

mock_provider "aws" {
  source = "./tests/mock"
}

override_resource {
  target = module.bucket.aws_s3_bucket.this
  values = { arn = "arn:aws:s3:::demo-bucket" }
}

variables {
  name_prefix              = "demo"
  lambda_package_directory = "tests/packages"
}

run "each_role_has_its_actions_and_no_other" {
  assert {
    condition = {
      for role, statements in local.statements_by_role : role => join(" ", sort(distinct(flatten([for statement in values(statements) : tolist(statement.actions)]))))
      } == {
      geospatial = join(" ", [
        "iam:PassRole",
        "s3:GetObject",
        "s3:ListBucket",
        "sagemaker-geospatial:ExportVectorEnrichmentJob",
        "sagemaker-geospatial:GetVectorEnrichmentJob",
        "sagemaker-geospatial:StartVectorEnrichmentJob",
        "sagemaker-geospatial:StopVectorEnrichmentJob",
        "sagemaker:SendPipelineExecutionStepFailure",
        "sagemaker:SendPipelineExecutionStepSuccess",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "states:SendTaskHeartbeat",
      ])
      start_pipeline = join(" ", [
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
      answer_task = join(" ", [
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
      pipeline = join(" ", [
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:PutObject",
        "sagemaker-geospatial:GetVectorEnrichmentJob",
        "sqs:SendMessage",
      ])
      jobs = join(" ", [
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
      geocoding = join(" ", [
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
    }
    error_message = "Each role must be able to do what it needs, and nothing else."
  }
}

run "objects_are_read_and_written_in_their_folders" {
  assert {
    condition = {
      for role, statements in local.statements_by_role : role => sort(distinct(flatten([
        for statement in values(statements) : [
          for action in statement.actions : [for resource in statement.resources : "${action} ${resource}" if startswith(resource, "arn:aws:s3:::demo-bucket/")]
        ] if !contains(statement.actions, "s3:ListBucket")
      ])))
      } == {
      geospatial     = tolist(["s3:GetObject arn:aws:s3:::demo-bucket/task-tokens/*"])
      start_pipeline = tolist(["s3:GetObject arn:aws:s3:::demo-bucket/task-tokens/*", "s3:PutObject arn:aws:s3:::demo-bucket/task-tokens/*"])
      answer_task    = tolist(["s3:GetObject arn:aws:s3:::demo-bucket/task-tokens/*", "s3:PutObject arn:aws:s3:::demo-bucket/task-tokens/*"])
      pipeline = tolist([
        "s3:AbortMultipartUpload arn:aws:s3:::demo-bucket/outputfiles/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/outputfiles/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/samplefiles/*",
        "s3:PutObject arn:aws:s3:::demo-bucket/outputfiles/*",
      ])
      jobs = tolist([
        "s3:AbortMultipartUpload arn:aws:s3:::demo-bucket/workflows/output/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/workflows/*",
        "s3:PutObject arn:aws:s3:::demo-bucket/workflows/output/*",
      ])
      geocoding = tolist([
        "s3:AbortMultipartUpload arn:aws:s3:::demo-bucket/outputfiles/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/samplefiles/*",
        "s3:PutObject arn:aws:s3:::demo-bucket/outputfiles/*",
      ])
    }
    error_message = "Jobs and the pipeline must not read task tokens; nobody writes outside its folder."
  }
}

run "what_could_be_wide_is_limited" {
  assert {
    condition = toset(flatten([
      for statements in values(local.statements_by_role) : [
        for statement in values(statements) : tolist(statement.actions) if contains(statement.resources, "*")
      ]
    ])) == toset(["cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"])
    error_message = "Only a registry's token and metrics have no ARN."
  }

  assert {
    condition = toset(flatten([
      for role, statements in local.statements_by_role : [
        for statement in values(statements) : try(
          [for condition in statement.conditions : "${role}: ${join(",", statement.actions)} where ${condition.test} ${condition.variable} ${join(",", condition.values)}"],
          [],
        )
      ]
      ])) == toset([
      "geospatial: iam:PassRole where StringEquals iam:PassedToService sagemaker-geospatial.amazonaws.com",
      "geospatial: s3:ListBucket where StringLike s3:prefix task-tokens/*",
      "start_pipeline: s3:ListBucket where StringLike s3:prefix task-tokens/*",
      "answer_task: s3:ListBucket where StringLike s3:prefix task-tokens/*",
      "jobs: s3:ListBucket where StringLike s3:prefix workflows/*",
      "geocoding: s3:ListBucket where StringLike s3:prefix samplefiles/*",
      "jobs: cloudwatch:PutMetricData where StringLike cloudwatch:namespace /aws/sagemaker/*,AWS/SageMaker",
      "geocoding: cloudwatch:PutMetricData where StringLike cloudwatch:namespace /aws/sagemaker/*,AWS/SageMaker",
    ])
    error_message = "Roles must be passed to one service, and folders and metrics of others must stay hidden."
  }

  assert {
    condition = alltrue(flatten([
      for role in ["geospatial", "start_pipeline", "answer_task", "pipeline"] : [
        for statement in values(local.statements_by_role[role]) : [
          for resource in statement.resources : anytrue([for own in concat(values(local.arns), [local.state_machine_arn, "arn:aws:s3:::demo-bucket"]) : startswith(resource, own)])
        ]
      ]
    ]))
    error_message = "Every resource must be this deployment's."
  }
}

run "nobody_may_do_what_only_the_other_geocoder_needs" {
  variables {
    geocoder = "processing"
  }

  assert {
    condition     = join(",", keys(local.statements_by_role.geospatial)) == "WorkThroughQueue" && length(local.statements_by_role.pipeline) == 0
    error_message = "The function waits at a queue that stays empty; the pipeline reads and writes no file itself."
  }
}
