# What the definition's tasks need, read from it wherever a task stands, in the iterations of a Map too.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html

locals {
  integrations = toset(regexall("\"Resource\":\"arn:[^:\"]+:states:::([^\"]+)\"", local.definition)[*][0])

  # The ARNs that the tasks name.
  task_arns = { for key in ["FunctionName", "TopicArn", "StateMachineArn", "RoleArn"] : key =>
    toset(regexall("\"(?:Execution)?${key}\":\"(arn:[^\"]+)\"", local.definition)[*][0])
  }

  # The items of a Distributed Map are executions of this state machine.
  # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
  own_arns = strcontains(local.definition, "\"Mode\":\"DISTRIBUTED\"") ? ["arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${var.name}"] : []

  statements_by_arn = {
    RunItemsOfMaps = { actions = ["states:StartExecution"], resources = local.own_arns }
    LookAtAndStopItemsOfMaps = {
      actions   = ["states:DescribeExecution", "states:StopExecution"]
      resources = [for arn in local.own_arns : "${replace(arn, ":stateMachine:", ":execution:")}:*"]
    }
    InvokeFunctions = { actions = ["lambda:InvokeFunction"], resources = local.task_arns.FunctionName }
    # The topics may be encrypted with alias/aws/sns: that key serves everybody in the account who may use SNS.
    PublishToTopics = { actions = ["sns:Publish"], resources = local.task_arns.TopicArn }
    StartExecutions = { actions = ["states:StartExecution"], resources = local.task_arns.StateMachineArn }
    LookAtAndStopExecutions = {
      actions   = ["states:DescribeExecution", "states:StopExecution"]
      resources = [for arn in local.task_arns.StateMachineArn : "${replace(arn, ":stateMachine:", ":execution:")}:*"]
    }
    PassRoleToSageMaker = {
      actions    = ["iam:PassRole"]
      resources  = local.task_arns.RoleArn
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker.amazonaws.com"] }]
    }
    # A task that waits (.sync) hears of the end from EventBridge, by a rule that Step Functions itself makes and that has
    # the same name in every account.
    HearOfWhatIsWaitedFor = {
      actions   = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
      resources = [for integration, rule in local.managed_rules : "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${rule}" if contains(local.integrations, integration)]
    }
  }

  managed_rules = {
    "sagemaker:createTrainingJob.sync"             = "StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    "sagemaker:createProcessingJob.sync"           = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"
    "sagemaker:createTransformJob.sync"            = "StepFunctionsGetEventsForSageMakerTransformJobsRule"
    "sagemaker:createHyperParameterTuningJob.sync" = "StepFunctionsGetEventsForSageMakerTuningJobsRule"
    "states:startExecution.sync:2"                 = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
  }

  # Actions of SageMaker by type of resource. A task that waits for its job also tags it, and stops it with the execution.
  sagemaker_actions = merge(
    { for job, type in { Training = "training", Processing = "processing", Transform = "transform", HyperParameterTuning = "hyper-parameter-tuning" } :
      "sagemaker:create${job}Job.sync" => {
        "${type}-job" = ["Create${job}Job", "Describe${job}Job", "Stop${job}Job", "AddTags", "ListTags"]
    } },
    {
      "aws-sdk:sagemaker:describeTrainingJob"                        = { training-job = ["DescribeTrainingJob"] }
      "aws-sdk:sagemaker:describeHyperParameterTuningJob"            = { hyper-parameter-tuning-job = ["DescribeHyperParameterTuningJob"] }
      "aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob" = { hyper-parameter-tuning-job = ["ListTrainingJobsForHyperParameterTuningJob"] }
      "sagemaker:createModel"                                        = { model = ["CreateModel"] }
      "aws-sdk:sagemaker:deleteModel"                                = { model = ["DeleteModel"] }
      "sagemaker:createEndpointConfig"                               = { endpoint-config = ["CreateEndpointConfig"] }
      "aws-sdk:sagemaker:deleteEndpointConfig"                       = { endpoint-config = ["DeleteEndpointConfig"] }
      # AWS asks for this permission on the endpoint's configuration, too.
      "sagemaker:createEndpoint"           = { endpoint = ["CreateEndpoint"], endpoint-config = ["CreateEndpoint"] }
      "sagemaker:updateEndpoint"           = { endpoint = ["UpdateEndpoint"], endpoint-config = ["UpdateEndpoint"] }
      "aws-sdk:sagemaker:describeEndpoint" = { endpoint = ["DescribeEndpoint"] }
      "aws-sdk:sagemaker:deleteEndpoint"   = { endpoint = ["DeleteEndpoint"] }
    },
  )

  actions_by_type = { for pair in flatten([
    for integration in local.integrations : [
      for type, actions in lookup(local.sagemaker_actions, integration, {}) : [for action in actions : { type = type, action = "sagemaker:${action}" }]
    ]
  ]) : pair.type => pair.action... }

  task_statements = merge(
    { for name, statement in local.statements_by_arn : name => statement if length(statement.resources) > 0 },
    { for type, actions in local.actions_by_type : "SageMaker${replace(title(replace(type, "-", " ")), " ", "")}" => {
      actions   = actions
      resources = ["arn:${local.partition}:sagemaker:${local.region}:${local.account_id}:${type}/${coalesce(var.sagemaker_name_prefix, "-")}-*"]
    } },
  )

  unknown_integrations = setsubtract(
    [for integration in local.integrations : integration if !startswith(integration, "lambda:invoke") && integration != "sns:publish"],
    concat(keys(local.sagemaker_actions), keys(local.managed_rules)),
  )
}
