locals {
  # The provider compares definitions as text: jsonencode gives this JSON its one text.
  definition = jsonencode(jsondecode(var.pipeline_definition))
}

resource "aws_sagemaker_pipeline" "this" {
  pipeline_name         = var.pipeline_name
  pipeline_display_name = var.pipeline_name
  pipeline_description  = var.description
  role_arn              = module.role.arn
  pipeline_definition   = local.definition

  tags = var.tags
}
