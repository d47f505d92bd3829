# The workflows: state machines that train, process, save, deploy and predict. Each has a definition and a schema of its
# input in resources/workflows; the schema's defaults are written into the definition, so that `{}` is an input.

locals {
  workflow_directory = "${path.module}/../resources/workflows"
  workflow_names     = toset([for file in fileset(local.workflow_directory, "*.asl.json") : trimsuffix(file, ".asl.json")])

  workflow_variables = {
    name_prefix              = var.name_prefix
    bucket_name              = local.bucket_name
    image_uri                = local.image_uri
    role_arn                 = module.jobs_role.arn
    topic_arn                = module.notifications.topic_arn
    state_machine_arn_prefix = local.arns.state_machines
    # An emulator's endpoints are there at once; AWS takes minutes.
    poll_seconds = local.is_emulated ? 1 : 30
  }
}

module "image_repository" {
  source = "./modules/image_repository"
  count  = var.image_repository_enabled ? 1 : 0

  name         = local.image_repository_name
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

  definition_file     = "${local.workflow_directory}/${each.key}.asl.json"
  schema_file         = "${local.workflow_directory}/${each.key}.schema.json"
  failure_states_file = "${local.workflow_directory}/notify_failure.json"
  template_variables  = local.workflow_variables
}

module "workflow" {
  source   = "./modules/state_machine"
  for_each = local.workflow_names

  name                  = "${var.name_prefix}-${replace(each.key, "_", "-")}"
  definition            = module.workflow_definition[each.key].definition
  sagemaker_name_prefix = var.name_prefix
  retention_in_days     = var.log_retention_days

  tracing_enabled = local.is_emulated ? null : var.tracing_enabled

  tags = var.tags
}
