################################################################################
# Role of the Start Function
################################################################################

data "aws_iam_policy_document" "start_pipeline" {
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${var.start_pipeline_log_group_arn}:log-stream:*"]
  }

  # A start that is retried brings another token: the run's earlier ones are answered with it.
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

  statement {
    sid       = "StartPipeline"
    actions   = ["sagemaker:StartPipelineExecution"]
    resources = [var.pipeline_arn]
  }

  statement {
    sid = "LookAtAndStopExecutions"
    actions = [
      "sagemaker:DescribePipelineExecution",
      "sagemaker:ListPipelineExecutionSteps",
      "sagemaker:StopPipelineExecution",
    ]
    resources = [local.pipeline_executions_arn]
  }

  # The pipeline may have ended before this token was stored: then nobody else would answer it.
  statement {
    sid = "AnswerTasks"
    actions = [
      "states:SendTaskSuccess",
      "states:SendTaskFailure",
      "states:SendTaskHeartbeat",
    ]
    resources = [var.state_machine_arn]
  }
}

resource "aws_iam_role" "start_pipeline" {
  name               = var.start_pipeline_role_name
  description        = "Stores task tokens, starts the pipeline, and stops what nobody waits for"
  assume_role_policy = data.aws_iam_policy_document.lambda_assume_role.json

  tags = var.tags
}

resource "aws_iam_role_policy" "start_pipeline" {
  name   = "function"
  role   = aws_iam_role.start_pipeline.name
  policy = data.aws_iam_policy_document.start_pipeline.json
}
