################################################################################
# Role of the Pipeline and its Geospatial Jobs
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
  dynamic "statement" {
    for_each = var.geocoder == "vector_enrichment" ? ["sagemaker-geospatial.amazonaws.com"] : []

    content {
      sid     = "GeospatialJobsMayAssume"
      actions = ["sts:AssumeRole"]

      principals {
        type        = "Service"
        identifiers = [statement.value]
      }
    }
  }
}

data "aws_iam_policy_document" "sagemaker" {
  statement {
    sid       = "RunLambdaSteps"
    actions   = ["lambda:InvokeFunction"]
    resources = var.step_function_arns
  }

  source_policy_documents = concat(
    data.aws_iam_policy_document.vector_enrichment_steps[*].json,
    data.aws_iam_policy_document.processing_step[*].json,
  )
}

data "aws_iam_policy_document" "vector_enrichment_steps" {
  count = var.geocoder == "vector_enrichment" ? 1 : 0

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

  # Not the whole bucket: whoever reads a task token can answer for the pipeline.
  statement {
    sid     = "ReadData"
    actions = ["s3:GetObject"]
    resources = [
      "${var.bucket_arn}/${var.input_prefix}*",
      "${var.bucket_arn}/${var.output_prefix}*",
    ]
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

# The job itself reads and writes as a role of its own: see geocoding.tf.
data "aws_iam_policy_document" "processing_step" {
  count = var.geocoder == "processing" ? 1 : 0

  # Pipelines give their jobs names and tags.
  statement {
    sid = "RunProcessingJobs"
    actions = [
      "sagemaker:AddTags",
      "sagemaker:CreateProcessingJob",
      "sagemaker:DescribeProcessingJob",
      "sagemaker:StopProcessingJob",
    ]
    resources = [local.pipeline_processing_jobs_arn]
  }

  statement {
    sid       = "PassRoleToProcessingJobs"
    actions   = ["iam:PassRole"]
    resources = aws_iam_role.geocoding[*].arn

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["sagemaker.amazonaws.com"]
    }
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
