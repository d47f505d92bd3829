provider "aws" {
  region = var.region

  # An emulator's access key comes from the environment, as AWS's does: nothing here, and so no plan, holds it.
  skip_credentials_validation = local.is_emulated
  skip_metadata_api_check     = local.is_emulated ? true : null
  skip_requesting_account_id  = local.is_emulated

  # Bucket host names do not resolve to an emulator.
  s3_use_path_style = local.is_emulated

  dynamic "endpoints" {
    for_each = local.is_emulated ? [var.endpoint_url] : []

    content {
      ecr       = endpoints.value
      events    = endpoints.value
      iam       = endpoints.value
      lambda    = endpoints.value
      logs      = endpoints.value
      s3        = endpoints.value
      sagemaker = endpoints.value
      sfn       = endpoints.value
      sns       = endpoints.value
      sqs       = endpoints.value
      sts       = endpoints.value
    }
  }

  default_tags {
    tags = {
      Project   = var.name_prefix
      ManagedBy = "terraform"
    }
  }
}
