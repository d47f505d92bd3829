# What each role may do besides what its module grants it: statements of its policy, by their ids.

locals {
  statements_by_role = {
    callback       = local.callback_function_statements
    start_pipeline = local.start_pipeline_statements
    answer_task    = local.answer_task_statements
    jobs           = local.jobs_statements
  }

  task_token_objects  = ["${module.bucket.arn}/${local.task_token_prefix}*"]
  pipeline_executions = [for arn in local.pipeline_patterns : "${arn}/execution/*"]

  # SageMaker lists what it is to download.
  list_bucket = { for prefix in [local.workflow_prefix] : prefix => {
    actions    = ["s3:ListBucket"]
    resources  = [module.bucket.arn]
    conditions = [{ test = "StringLike", variable = "s3:prefix", values = ["${prefix}*"] }]
  } }
  # A function lists the tokens of a run, and reads what it found. Without IfExists: a request without a prefix lists the
  # whole bucket.
  list_task_tokens = {
    actions    = ["s3:ListBucket"]
    resources  = [module.bucket.arn]
    conditions = [{ test = "StringLike", variable = "s3:prefix", values = ["${local.task_token_prefix}*"] }]
  }
  write_objects = { for prefix in [local.workflow_output_prefix] : prefix => {
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${module.bucket.arn}/${prefix}*"]
  } }

  ################################################################################
  # Functions
  ################################################################################

  # Of a function that works through the queue of Callback steps, besides what its manifest says.
  callback_function_statements = {
    WorkThroughQueue = {
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
      resources = [local.arns.queue]
    }
    AnswerCallbackSteps = {
      actions   = ["sagemaker:SendPipelineExecutionStepSuccess", "sagemaker:SendPipelineExecutionStepFailure"]
      resources = local.pipeline_executions
    }
    ReadTaskTokens = { actions = ["s3:GetObject"], resources = local.task_token_objects }
    ListTaskTokens = local.list_task_tokens
    # AWS lists no resource for states:SendTask*, but checks the ARN of the state machine whose task it is.
    # https://github.com/aws/aws-cdk/pull/8486
    KeepTasksAlive = { actions = ["states:SendTaskHeartbeat"], resources = [local.state_machine_arn] }
  }

  # Resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
  start_pipeline_statements = {
    # A start that is retried brings another token: the run's earlier ones are answered with it.
    StoreAndReadTaskTokens = { actions = ["s3:PutObject", "s3:GetObject"], resources = local.task_token_objects }
    ListTaskTokens         = local.list_task_tokens
    # Its definition says which parameters it takes.
    StartPipelines = { actions = ["sagemaker:DescribePipeline", "sagemaker:StartPipelineExecution"], resources = local.pipeline_patterns }
    LookAtAndStopExecutions = {
      actions   = ["sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps", "sagemaker:StopPipelineExecution"]
      resources = local.pipeline_executions
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
    ListTaskTokens         = local.list_task_tokens
    FindExecutions         = { actions = ["sagemaker:ListPipelineExecutions"], resources = local.pipeline_patterns }
    LookAtAndStopExecutions = {
      actions = [
        "sagemaker:DescribePipelineExecution",
        "sagemaker:ListPipelineExecutionSteps",
        "sagemaker:StopPipelineExecution",
      ]
      resources = local.pipeline_executions
    }
    # The answer tells what each step has made.
    LookAtJobs = {
      actions   = [for noun in ["ProcessingJob", "TrainingJob", "TransformJob", "HyperParameterTuningJob"] : "sagemaker:Describe${noun}"]
      resources = [for names in ["processing-job/pipelines-*", "training-job/pipelines-*", "transform-job/pipelines-*", "hyper-parameter-tuning-job/*"] : "${local.arns.jobs}:${names}"]
    }
    AnswerTasks = { actions = ["states:SendTaskSuccess", "states:SendTaskFailure"], resources = [local.state_machine_arn] }
    # Lambda sends in the function's name what the function failed on.
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    KeepLostEvents = { actions = ["sqs:SendMessage"], resources = [local.arns.lost_events] }
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
}
