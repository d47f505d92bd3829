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

  lifecycle {
    precondition {
      condition     = length(local.unknown_types) == 0 || length(var.policy_statements) > 0
      error_message = "The permissions of these step types are not known: ${join(", ", local.unknown_types)}. Give them in policy_statements (permissions in pipeline.yaml)."
    }
  }
}

# Programs that the steps run. As content, not as a source: the path of a file is another on each machine, and a plan
# shows what changes in a script.
resource "aws_s3_object" "code" {
  for_each = toset(flatten([for folder in var.code_directory[*] : [
    for file in fileset(folder, "**") : file if !can(regex("(^|/)([.]|__pycache__/)", file))
  ]]))

  bucket = var.bucket_name
  key    = "${var.code_prefix}${each.key}"

  content        = try(file("${var.code_directory}/${each.key}"), null)
  content_base64 = can(file("${var.code_directory}/${each.key}")) ? null : filebase64("${var.code_directory}/${each.key}")

  tags = var.tags
}
