################################################################################
# Role of the Pipeline's Processing Jobs
################################################################################

# Not the pipeline's own role: the container that reads people's files need not be able to call functions or make jobs.

data "aws_iam_policy_document" "geocoding" {
  # ListBucket makes S3 say that an object is missing; without it the answer is a misleading AccessDenied.
  statement {
    sid       = "ListInput"
    actions   = ["s3:ListBucket"]
    resources = [var.bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.input_prefix}*"]
    }
  }

  statement {
    sid       = "ReadInput"
    actions   = ["s3:GetObject"]
    resources = ["${var.bucket_arn}/${var.input_prefix}*"]
  }

  statement {
    sid       = "WriteOutput"
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${var.bucket_arn}/${var.output_prefix}*"]
  }

  source_policy_documents = [data.aws_iam_policy_document.container.json]
}

resource "aws_iam_role" "geocoding" {
  count = var.geocoder == "processing" ? 1 : 0

  name               = var.geocoding_role_name
  description        = "What the pipeline's processing jobs run as"
  assume_role_policy = data.aws_iam_policy_document.jobs_assume_role.json

  tags = var.tags
}

resource "aws_iam_role_policy" "geocoding" {
  count = var.geocoder == "processing" ? 1 : 0

  name   = "geocoding"
  role   = aws_iam_role.geocoding[0].name
  policy = data.aws_iam_policy_document.geocoding.json
}
