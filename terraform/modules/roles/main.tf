data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # A job's name is chosen by the service, so this is as narrow as a policy can be.
  vector_enrichment_jobs_arn = "arn:${local.partition}:sagemaker-geospatial:${local.region}:${local.account_id}:vector-enrichment-job/*"
}

################################################################################
# Lambda Role
################################################################################

data "aws_iam_policy_document" "lambda_assume_role" {
  # No aws:Source* condition: AWS does not document that Lambda sends those keys when it assumes a role.
  statement {
    sid     = "LambdaMayAssume"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "lambda" {
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

  # Not logs:CreateLogGroup: a function that outlives its log group must not make one that never expires.
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${var.log_group_arn}:log-stream:*"]
  }

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
    resources = ["${var.pipeline_arn}/execution/*"]
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
}

resource "aws_iam_role" "lambda" {
  name               = var.lambda_role_name
  description        = "Starts and exports geospatial jobs, reads the callback queue and answers callback steps"
  assume_role_policy = data.aws_iam_policy_document.lambda_assume_role.json

  tags = var.tags
}

resource "aws_iam_role_policy" "lambda" {
  name   = "function"
  role   = aws_iam_role.lambda.name
  policy = data.aws_iam_policy_document.lambda.json
}

################################################################################
# SageMaker Role
################################################################################

data "aws_iam_policy_document" "sagemaker_assume_role" {
  # SageMaker sends aws:SourceAccount, so nobody else's pipeline can borrow the role.
  # https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
  statement {
    sid     = "PipelinesMayAssume"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["sagemaker.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  # No such condition here: AWS's trust policy for geospatial jobs has none, and a key that is not sent locks the job out.
  # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-geospatial-roles-pass-role.html
  statement {
    sid     = "GeospatialJobsMayAssume"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["sagemaker-geospatial.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "sagemaker" {
  statement {
    sid       = "RunLambdaSteps"
    actions   = ["lambda:InvokeFunction"]
    resources = [var.function_arn]
  }

  statement {
    sid       = "SendCallbackMessages"
    actions   = ["sqs:SendMessage"]
    resources = [var.queue_arn]
  }

  # ListBucket makes S3 say that an object is missing; without it the answer is a misleading AccessDenied.
  statement {
    sid       = "ListData"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [var.bucket_arn]
  }

  statement {
    sid       = "ReadData"
    actions   = ["s3:GetObject"]
    resources = ["${var.bucket_arn}/*"]
  }

  statement {
    sid       = "WriteOutput"
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${var.bucket_arn}/${var.output_prefix}*"]
  }

  # What AWS lists as a job's own minimum, besides S3.
  # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles-start-vej-perms.html
  statement {
    sid       = "LookAtOwnJobs"
    actions   = ["sagemaker-geospatial:GetVectorEnrichmentJob"]
    resources = [local.vector_enrichment_jobs_arn]
  }
}

resource "aws_iam_role" "sagemaker" {
  name               = var.sagemaker_role_name
  description        = "Runs the pipeline's steps and the geospatial jobs they start"
  assume_role_policy = data.aws_iam_policy_document.sagemaker_assume_role.json

  tags = var.tags
}

resource "aws_iam_role_policy" "sagemaker" {
  name   = "pipeline"
  role   = aws_iam_role.sagemaker.name
  policy = data.aws_iam_policy_document.sagemaker.json
}
