# What each role may do besides what its module grants it: statements of its policy, by their ids.

locals {
  statements_by_role = {
    geospatial     = local.geospatial_function_statements
    start_pipeline = local.start_pipeline_statements
    answer_task    = local.answer_task_statements
    pipeline       = { for name, statement in local.vector_enrichment_pipeline_statements : name => statement if local.is_geospatial }
    jobs           = local.jobs_statements
    geocoding      = local.geocoding_statements
  }

  task_token_objects = ["${module.bucket.arn}/${local.task_token_prefix}*"]
  pipeline_execution = ["${local.arns.pipeline}/execution/*"]

  # ListBucket makes S3 say that an object is missing; without it the answer is a misleading AccessDenied.
  list_bucket = { for prefix in [local.input_prefix, local.task_token_prefix, local.workflow_prefix] : prefix => {
    actions    = ["s3:ListBucket"]
    resources  = [module.bucket.arn]
    conditions = [{ test = "StringLike", variable = "s3:prefix", values = ["${prefix}*"] }]
  } }
  write_objects = { for prefix in [local.output_prefix, local.workflow_output_prefix] : prefix => {
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${module.bucket.arn}/${prefix}*"]
  } }

  ################################################################################
  # Functions
  ################################################################################

  geospatial_function_statements = merge(
    {
      WorkThroughQueue = {
        actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
        resources = [local.arns.queue]
      }
    },
    { for name, statement in local.vector_enrichment_function_statements : name => statement if local.is_geospatial },
  )

  vector_enrichment_function_statements = {
    # A job's name is chosen by the service, so this is as narrow as a policy can be.
    RunVectorEnrichmentJobs = {
      actions = [
        "sagemaker-geospatial:StartVectorEnrichmentJob",
        "sagemaker-geospatial:GetVectorEnrichmentJob",
        "sagemaker-geospatial:ExportVectorEnrichmentJob",
        "sagemaker-geospatial:StopVectorEnrichmentJob",
      ]
      resources = [local.arns.geospatial_jobs]
    }
    AnswerCallbackSteps = {
      actions   = ["sagemaker:SendPipelineExecutionStepSuccess", "sagemaker:SendPipelineExecutionStepFailure"]
      resources = local.pipeline_execution
    }
    PassRoleToJobs = {
      actions    = ["iam:PassRole"]
      resources  = [local.arns.pipeline_role]
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker-geospatial.amazonaws.com"] }]
    }
    ReadTaskTokens = { actions = ["s3:GetObject"], resources = local.task_token_objects }
    ListTaskTokens = local.list_bucket[local.task_token_prefix]
    # AWS lists no resource for states:SendTask*, but checks the ARN of the state machine whose task it is.
    # https://github.com/aws/aws-cdk/pull/8486
    KeepTasksAlive = { actions = ["states:SendTaskHeartbeat"], resources = [local.state_machine_arn] }
  }

  # Resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
  start_pipeline_statements = {
    # A start that is retried brings another token: the run's earlier ones are answered with it.
    StoreAndReadTaskTokens = { actions = ["s3:PutObject", "s3:GetObject"], resources = local.task_token_objects }
    ListTaskTokens         = local.list_bucket[local.task_token_prefix]
    StartPipeline          = { actions = ["sagemaker:StartPipelineExecution"], resources = [local.arns.pipeline] }
    LookAtAndStopExecutions = {
      actions   = ["sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps", "sagemaker:StopPipelineExecution"]
      resources = local.pipeline_execution
    }
    # The pipeline may have ended before this token was stored: then nobody else would answer it.
    AnswerTasks = {
      actions   = ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"]
      resources = [local.state_machine_arn]
    }
  }

  answer_task_statements = {
    # The pipeline's results are stored beside the tokens, for a token that comes after them.
    StoreAndReadTaskTokens = { actions = ["s3:PutObject", "s3:GetObject"], resources = local.task_token_objects }
    ListTaskTokens         = local.list_bucket[local.task_token_prefix]
    FindExecutions         = { actions = ["sagemaker:ListPipelineExecutions"], resources = [local.arns.pipeline] }
    LookAtAndStopExecutions = {
      actions = [
        "sagemaker:DescribePipelineExecution",
        "sagemaker:ListPipelineExecutionSteps",
        "sagemaker:ListPipelineParametersForExecution",
        "sagemaker:StopPipelineExecution",
      ]
      resources = local.pipeline_execution
    }
    AnswerTasks = { actions = ["states:SendTaskSuccess", "states:SendTaskFailure"], resources = [local.state_machine_arn] }
    # Lambda sends in the function's name what the function failed on.
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    KeepLostEvents = { actions = ["sqs:SendMessage"], resources = [local.arns.lost_events] }
  }

  ################################################################################
  # Pipeline and its Geospatial Jobs
  ################################################################################

  vector_enrichment_pipeline_statements = {
    SendCallbackMessages = { actions = ["sqs:SendMessage"], resources = [local.arns.queue] }
    ListData             = { actions = ["s3:ListBucket", "s3:ListBucketMultipartUploads"], resources = [module.bucket.arn] }
    # Not the whole bucket: whoever reads a task token can answer for the pipeline.
    ReadData = {
      actions   = ["s3:GetObject"]
      resources = ["${module.bucket.arn}/${local.input_prefix}*", "${module.bucket.arn}/${local.output_prefix}*"]
    }
    WriteOutput = local.write_objects[local.output_prefix]
    # What AWS lists as a job's own minimum, besides S3.
    # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles-start-vej-perms.html
    LookAtOwnJobs = { actions = ["sagemaker-geospatial:GetVectorEnrichmentJob"], resources = [local.arns.geospatial_jobs] }
  }

  ################################################################################
  # Containers
  ################################################################################

  # What AWS lists for training, processing, transform jobs and endpoints, as narrow as each action allows.
  # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms
  container_statements = {
    PullImage = {
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = [local.arns.image_repository]
    }
    # A token is for the whole registry; what it lets one do is said above.
    LogInToRegistry = { actions = ["ecr:GetAuthorizationToken"], resources = ["*"] }
    # SageMaker makes the groups: one for each kind of job, one for each endpoint.
    WriteLogs = {
      actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      resources = [local.arns.container_logs]
    }
    # Metrics have no ARN.
    WriteMetrics = {
      actions    = ["cloudwatch:PutMetricData"]
      resources  = ["*"]
      conditions = [{ test = "StringLike", variable = "cloudwatch:namespace", values = ["/aws/sagemaker/*", "AWS/SageMaker"] }]
    }
  }

  jobs_statements = merge(local.container_statements, {
    ListData    = local.list_bucket[local.workflow_prefix]
    ReadData    = { actions = ["s3:GetObject"], resources = ["${module.bucket.arn}/${local.workflow_prefix}*"] }
    WriteOutput = local.write_objects[local.workflow_output_prefix]
  })

  geocoding_statements = merge(local.container_statements, {
    ListInput   = local.list_bucket[local.input_prefix]
    ReadInput   = { actions = ["s3:GetObject"], resources = ["${module.bucket.arn}/${local.input_prefix}*"] }
    WriteOutput = local.write_objects[local.output_prefix]
  })
}
