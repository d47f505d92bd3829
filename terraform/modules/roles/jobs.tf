################################################################################
# Role of the Workflows' Jobs and Models
################################################################################

# What AWS lists for training, processing, transform jobs and endpoints, as narrow as each action allows.
# https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms

data "aws_iam_policy_document" "jobs_assume_role" {
  # https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
  statement {
    sid     = "JobsMayAssume"
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
}

data "aws_iam_policy_document" "jobs" {
  statement {
    sid       = "ListData"
    actions   = ["s3:ListBucket"]
    resources = [var.bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.job_data_prefix}*"]
    }
  }

  statement {
    sid       = "ReadData"
    actions   = ["s3:GetObject"]
    resources = ["${var.bucket_arn}/${var.job_data_prefix}*"]
  }

  statement {
    sid       = "WriteOutput"
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${var.bucket_arn}/${var.job_output_prefix}*"]
  }

  source_policy_documents = [data.aws_iam_policy_document.container.json]
}

# What every container of ours needs, whatever it is for.
data "aws_iam_policy_document" "container" {
  statement {
    sid = "PullImage"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:GetDownloadUrlForLayer",
    ]
    resources = [var.repository_arn]
  }

  # A token is for the whole registry; what it lets one do is said above.
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  # SageMaker makes the groups: one for each kind of job, one for each endpoint.
  statement {
    sid = "WriteLogs"
    actions = [
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:DescribeLogStreams",
      "logs:PutLogEvents",
    ]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/sagemaker/*"]
  }

  # Metrics have no ARN.
  statement {
    sid       = "WriteMetrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringLike"
      variable = "cloudwatch:namespace"
      values   = ["/aws/sagemaker/*", "AWS/SageMaker"]
    }
  }
}

resource "aws_iam_role" "jobs" {
  name               = var.jobs_role_name
  description        = "What training, processing and transform jobs and endpoints of the workflows run as"
  assume_role_policy = data.aws_iam_policy_document.jobs_assume_role.json

  tags = var.tags
}

resource "aws_iam_role_policy" "jobs" {
  name   = "jobs"
  role   = aws_iam_role.jobs.name
  policy = data.aws_iam_policy_document.jobs.json
}
