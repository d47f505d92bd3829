################################################################################
# Role of the Geospatial Function
################################################################################

data "aws_iam_policy_document" "geospatial" {
  # Not logs:CreateLogGroup: a function that outlives its log group must not make one that never expires.
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${var.geospatial_log_group_arn}:log-stream:*"]
  }

  statement {
    sid = "WorkThroughQueue"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ChangeMessageVisibility",
    ]
    resources = [var.queue_arn]
  }

  source_policy_documents = data.aws_iam_policy_document.vector_enrichment_function[*].json
}

data "aws_iam_policy_document" "vector_enrichment_function" {
  count = var.geocoder == "vector_enrichment" ? 1 : 0

  statement {
    sid = "RunVectorEnrichmentJobs"
    actions = [
      "sagemaker-geospatial:StartVectorEnrichmentJob",
      "sagemaker-geospatial:GetVectorEnrichmentJob",
      "sagemaker-geospatial:ExportVectorEnrichmentJob",
      "sagemaker-geospatial:StopVectorEnrichmentJob",
    ]
    resources = [local.vector_enrichment_jobs_arn]
  }

  statement {
    sid = "AnswerCallbackSteps"
    actions = [
      "sagemaker:SendPipelineExecutionStepSuccess",
      "sagemaker:SendPipelineExecutionStepFailure",
    ]
    resources = [local.pipeline_executions_arn]
  }

  statement {
    sid       = "PassRoleToJobs"
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.sagemaker.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["sagemaker-geospatial.amazonaws.com"]
    }
  }

  statement {
    sid       = "ReadTaskTokens"
    actions   = ["s3:GetObject"]
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

  # AWS lists no resource for states:SendTask*, but checks the ARN of the state machine whose task it is.
  # https://github.com/aws/aws-cdk/pull/8486
  statement {
    sid       = "KeepTasksAlive"
    actions   = ["states:SendTaskHeartbeat"]
    resources = [var.state_machine_arn]
  }
}

resource "aws_iam_role" "geospatial" {
  name               = var.geospatial_role_name
  description        = "Starts and exports geospatial jobs, reads the callback queue and answers callback steps"
  assume_role_policy = data.aws_iam_policy_document.lambda_assume_role.json

  tags = var.tags
}

resource "aws_iam_role_policy" "geospatial" {
  name   = "function"
  role   = aws_iam_role.geospatial.name
  policy = data.aws_iam_policy_document.geospatial.json
}
