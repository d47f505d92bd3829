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

# One run: each would apply the same variables.
run "the_roles_may_do_what_they_need" {
  # Each role has its actions and no other.

  assert {
    condition = {
      for role, statements in local.statements_by_role : role => join(" ", sort(distinct(flatten([for statement in values(statements) : tolist(statement.actions)]))))
      } == {
      callback = join(" ", [
        "s3:GetObject",
        "s3:ListBucket",
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
        "sagemaker:DescribePipeline",
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
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribePipelineExecution",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:ListPipelineExecutionSteps",
        "sagemaker:ListPipelineExecutions",
        "sagemaker:StopPipelineExecution",
        "sqs:SendMessage",
        "states:SendTaskFailure",
        "states:SendTaskSuccess",
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
    }
    error_message = "Each role must be able to do what it needs, and nothing else."
  }

  # Objects are read and written in their folders.

  assert {
    condition = {
      for role, statements in local.statements_by_role : role => sort(distinct(flatten([
        for statement in values(statements) : [
          for action in statement.actions : [for resource in statement.resources : "${action} ${resource}" if startswith(resource, "arn:aws:s3:::demo-bucket/")]
        ] if !contains(statement.actions, "s3:ListBucket")
      ])))
      } == {
      callback       = tolist(["s3:GetObject arn:aws:s3:::demo-bucket/task-tokens/*"])
      start_pipeline = tolist(["s3:GetObject arn:aws:s3:::demo-bucket/task-tokens/*", "s3:PutObject arn:aws:s3:::demo-bucket/task-tokens/*"])
      answer_task    = tolist(["s3:GetObject arn:aws:s3:::demo-bucket/task-tokens/*", "s3:PutObject arn:aws:s3:::demo-bucket/task-tokens/*"])
      jobs = tolist([
        "s3:AbortMultipartUpload arn:aws:s3:::demo-bucket/workflows/output/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/workflows/*",
        "s3:PutObject arn:aws:s3:::demo-bucket/workflows/output/*",
      ])
    }
    error_message = "Jobs must not read task tokens; nobody writes outside its folder."
  }

  # What inputs may name is what the roles allow.

  assert {
    condition = jsonencode(output.job_access) == jsonencode({
      image = ["123456789012.dkr.ecr.us-west-2.amazonaws.com/demo-*"]
      name  = ["demo-*"]
      read  = ["s3://demo-bucket/workflows/*"]
      write = ["s3://demo-bucket/workflows/output/*"]
    })
    error_message = "It must be read from the statements of the jobs' role."
  }

  # What could be wide is limited.

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
      "callback: s3:ListBucket where StringLike s3:prefix task-tokens/*",
      "start_pipeline: s3:ListBucket where StringLike s3:prefix task-tokens/*",
      "answer_task: s3:ListBucket where StringLike s3:prefix task-tokens/*",
      "jobs: s3:ListBucket where StringLike s3:prefix workflows/*",
      "jobs: cloudwatch:PutMetricData where StringLike cloudwatch:namespace /aws/sagemaker/*,AWS/SageMaker",
    ])
    error_message = "Folders and metrics of others must stay hidden."
  }

  assert {
    condition = alltrue(flatten([
      for role in ["callback", "start_pipeline", "answer_task"] : [
        for statement in values(local.statements_by_role[role]) : [
          for resource in statement.resources : anytrue([for own in concat(values(local.arns), [local.state_machine_arn, "arn:aws:s3:::demo-bucket"]) : startswith(resource, own)])
        ]
      ]
    ]))
    error_message = "Every resource must be this deployment's."
  }

  # The pipelines of the repository have roles that fit.

  assert {
    condition = {
      for name, pipeline in module.pipeline : name => sort(distinct(flatten([for statement in values(pipeline.policy_statements) : tolist(statement.actions)])))
      } == {
      geospatial = tolist(["lambda:InvokeFunction", "sqs:SendMessage"])
      geocoding = tolist([
        "iam:PassRole",
        "lambda:InvokeFunction",
        "sagemaker:AddTags",
        "sagemaker:CreateProcessingJob",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:StopProcessingJob",
      ])
    }
    error_message = "A pipeline must be able to run its steps, and nothing else; it reads and writes no file itself."
  }

  assert {
    condition = {
      for name, pipeline in module.pipeline : name => sort(distinct(flatten([
        for statement in values(pipeline.job_policy_statements) : [
          for action in statement.actions : [for resource in statement.resources : "${action} ${resource}" if startswith(resource, "arn:aws:s3:::demo-bucket/")]
        ]
      ])))
      } == { for name in ["geospatial", "geocoding"] : name => tolist([
        "s3:AbortMultipartUpload arn:aws:s3:::demo-bucket/outputfiles/*",
        "s3:AbortMultipartUpload arn:aws:s3:::demo-bucket/pipelines/${name}/data/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/outputfiles/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/pipelines/${name}/code/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/pipelines/${name}/data/*",
        "s3:GetObject arn:aws:s3:::demo-bucket/samplefiles/*",
        "s3:PutObject arn:aws:s3:::demo-bucket/outputfiles/*",
        "s3:PutObject arn:aws:s3:::demo-bucket/pipelines/${name}/data/*",
    ]) }
    error_message = "Jobs must read their input and programs, and write nowhere else; task tokens are not theirs."
  }

  assert {
    condition     = join(",", module.function["geospatial"].policy_statements["PassRoleToJobs"].resources) == "arn:aws:iam::123456789012:role/demo-geospatial-jobs"
    error_message = "The function must pass the role of the pipeline's jobs, and no other."
  }
}
