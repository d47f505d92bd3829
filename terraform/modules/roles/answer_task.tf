################################################################################
# Role of the Answer Function
################################################################################

data "aws_iam_policy_document" "answer_task" {
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${var.answer_task_log_group_arn}:log-stream:*"]
  }

  # The pipeline's results are stored beside the tokens, for a token that comes after them.
  statement {
    sid       = "StoreAndReadTaskTokens"
    actions   = ["s3:PutObject", "s3:GetObject"]
    resources = [local.task_tokens_arn]
  }

  statement {
    sid       = "ListTaskTokens"
    actions   = ["s3:ListBucket"]
    resources = [var.bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.task_token_prefix}*"]
    }
  }

  # Resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
  statement {
    sid       = "FindExecutions"
    actions   = ["sagemaker:ListPipelineExecutions"]
    resources = [var.pipeline_arn]
  }

  statement {
    sid = "LookAtAndStopExecutions"
    actions = [
      "sagemaker:DescribePipelineExecution",
      "sagemaker:ListPipelineExecutionSteps",
      "sagemaker:ListPipelineParametersForExecution",
      "sagemaker:StopPipelineExecution",
    ]
    resources = [local.pipeline_executions_arn]
  }

  statement {
    sid       = "AnswerTasks"
    actions   = ["states:SendTaskSuccess", "states:SendTaskFailure"]
    resources = [var.state_machine_arn]
  }

  # Lambda sends in the function's name what the function failed on.
  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
  statement {
    sid       = "KeepLostEvents"
    actions   = ["sqs:SendMessage"]
    resources = [var.lost_events_arn]
  }
}

resource "aws_iam_role" "answer_task" {
  name               = var.answer_task_role_name
  description        = "Answers the task that waits for a pipeline execution, and stops executions that nobody waits for"
  assume_role_policy = data.aws_iam_policy_document.lambda_assume_role.json

  tags = var.tags
}

resource "aws_iam_role_policy" "answer_task" {
  name   = "function"
  role   = aws_iam_role.answer_task.name
  policy = data.aws_iam_policy_document.answer_task.json
}
