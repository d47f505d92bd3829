data "aws_caller_identity" "current" {}

locals {
  account_id  = data.aws_caller_identity.current.account_id
  is_emulated = var.endpoint_url != null

  default_tags = {
    Project   = var.name_prefix
    ManagedBy = "terraform"
  }

  # Bucket names are shared by all AWS accounts: account and region make this one ours.
  bucket_name = "${var.name_prefix}-${local.account_id}-${var.region}"

  # The pipeline's data: input is read, never written; output is what the export writes.
  output_prefix = "outputfiles/"

  function_timeout_seconds = 30

  # AWS asks for six times the function's timeout, so that no message comes back while it is being worked on.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout_seconds = 6 * local.function_timeout_seconds
}
