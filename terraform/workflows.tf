# The workflows of the project: state machines. Each has a definition and a schema of its input in resources/workflows/<name>;
# the schema's defaults are written into the definition, so that `{}` is an input.

locals {
  workflow_variables = merge({ for name, value in local.template_variables : name => value if name != "images" }, {
    role_arn                 = module.jobs_role.arn
    topic_arn                = module.notifications.topic_arn
    state_machine_arn_prefix = local.arns.state_machines
    # An emulator's endpoints are there at once; AWS takes minutes.
    poll_seconds = local.is_emulated ? 1 : 30
  })
}

module "image_repository" {
  source   = "./modules/image_repository"
  for_each = var.image_repository_enabled ? local.all_images : []

  name         = "${var.name_prefix}-${each.key}"
  force_delete = var.force_destroy

  tags = var.tags
}

module "jobs_role" {
  source = "./modules/role"

  name        = "${var.name_prefix}-jobs"
  description = "What training, processing and transform jobs and endpoints of the workflows run as"
  # https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
  trusted_services  = { "sagemaker.amazonaws.com" = {} }
  policy_name       = "jobs"
  policy_statements = local.statements_by_role.jobs

  tags = var.tags
}

module "workflow_definition" {
  source   = "./modules/workflow_definition"
  for_each = local.workflow_names

  definition_file     = "${local.workflow_directory}/${each.key}/workflow.asl.json"
  schema_file         = "${local.workflow_directory}/${each.key}/input.schema.json"
  failure_states_file = "${path.module}/definitions/notify_failure.json"
  template_variables  = local.workflow_variables
  functions           = local.function_arns
  images              = local.template_variables.images
}

module "workflow" {
  source   = "./modules/state_machine"
  for_each = local.workflow_names

  name                  = "${var.name_prefix}-${replace(each.key, "_", "-")}"
  definition            = module.workflow_definition[each.key].definition
  sagemaker_name_prefix = var.name_prefix
  policy_statements     = try(local.workflow_manifests[each.key].permissions, {})
  retention_in_days     = var.log_retention_days

  tracing_enabled = local.is_emulated ? null : var.tracing_enabled

  tags = var.tags
}
