################################################################################
# What SageMaker's and Step Functions' Own Tasks Need
################################################################################

# https://docs.aws.amazon.com/step-functions/latest/dg/sagemaker-iam.html
# https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html

locals {
  # A task that waits for its job (.sync) hears of it from EventBridge, by a rule that Step Functions itself makes and
  # that has the same name in every account. It tags the job, too.
  rules_by_resource_type = {
    training-job   = "StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    processing-job = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"
    transform-job  = "StepFunctionsGetEventsForSageMakerTransformJobsRule"
  }

  job_types = [for type in sort(keys(var.sagemaker_actions)) : type if contains(keys(local.rules_by_resource_type), type)]

  managed_rules = concat(
    [for type in local.job_types : local.rules_by_resource_type[type]],
    length(var.state_machine_arns) > 0 ? ["StepFunctionsGetEventsForStepFunctionsExecutionRule"] : [],
  )

  sagemaker_arn = "arn:${local.partition}:sagemaker:${data.aws_region.current.name}:${local.account_id}"
  rule_arn      = "arn:${local.partition}:events:${data.aws_region.current.name}:${local.account_id}:rule"
}

data "aws_iam_policy_document" "tasks" {
  dynamic "statement" {
    for_each = var.sagemaker_actions

    content {
      sid = "SageMaker${replace(title(replace(statement.key, "-", " ")), " ", "")}"
      actions = concat(
        [for action in statement.value : "sagemaker:${action}"],
        contains(local.job_types, statement.key) ? ["sagemaker:AddTags", "sagemaker:ListTags"] : [],
      )
      resources = ["${local.sagemaker_arn}:${statement.key}/${var.sagemaker_name_prefix}-*"]
    }
  }

  dynamic "statement" {
    for_each = var.sagemaker_role_arn == null ? [] : [var.sagemaker_role_arn]

    content {
      sid       = "PassRoleToSageMaker"
      actions   = ["iam:PassRole"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = ["sagemaker.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.state_machine_arns) > 0 ? [var.state_machine_arns] : []

    content {
      sid       = "StartExecutions"
      actions   = ["states:StartExecution"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(var.state_machine_arns) > 0 ? [var.state_machine_arns] : []

    content {
      sid       = "LookAtAndStopExecutions"
      actions   = ["states:DescribeExecution", "states:StopExecution"]
      resources = [for arn in statement.value : "${replace(arn, ":stateMachine:", ":execution:")}:*"]
    }
  }

  dynamic "statement" {
    for_each = length(local.managed_rules) > 0 ? [local.managed_rules] : []

    content {
      sid       = "HearOfWhatIsWaitedFor"
      actions   = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
      resources = [for rule in statement.value : "${local.rule_arn}/${rule}"]
    }
  }
}
