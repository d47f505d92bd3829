data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

################################################################################
# Pipeline
################################################################################

resource "aws_sagemaker_pipeline" "this" {
  pipeline_name         = var.pipeline_name
  pipeline_display_name = var.pipeline_name
  pipeline_description  = var.description
  role_arn              = var.role_arn

  # The provider compares definitions as text, so it gets the one text that this JSON has.
  pipeline_definition = jsonencode(jsondecode(var.pipeline_definition))

  tags = var.tags
}
