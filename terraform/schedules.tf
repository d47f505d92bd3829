# What EventBridge starts at its times: pipelines by the state machine that runs them, workflows by their own.

locals {
  # The text of a schedule is its expression; an object also has parameters of a pipeline.
  pipeline_schedules = { for name, manifest in local.pipeline_manifests : name => {
    expression = try(manifest.schedule.expression, manifest.schedule)
    parameters = merge(
      { for parameter, text in try(manifest.parameters, {}) : parameter => replace(replace(tostring(text),
        "$${output_uri}", "s3://${local.bucket_name}/${local.output_prefix}scheduled/${name}/"), "$${run_id}", "scheduled")
      },
      { for parameter, text in try(manifest.schedule.parameters, {}) : parameter => tostring(text) },
    )
  } if can(manifest.schedule) }

  # Nobody uploads an input for an execution that EventBridge starts.
  scheduled_without_input = flatten([for name, schedule in local.pipeline_schedules : [
    for parameter, text in schedule.parameters : "${name}: ${parameter}" if strcontains(text, "$${input_uri}")
  ]])
}

module "pipeline_schedule" {
  source   = "./modules/schedule"
  for_each = local.pipeline_schedules

  name              = "${local.pipeline_cloud_names[each.key]}-schedule"
  description       = "Starts the pipeline ${each.key}"
  expression        = each.value.expression
  state_machine_arn = module.state_machine.arn
  input             = jsonencode({ pipeline = each.key, parameters = each.value.parameters })

  tags = var.tags
}

module "workflow_schedule" {
  source   = "./modules/schedule"
  for_each = { for name, manifest in local.workflow_manifests : name => manifest.schedule if can(manifest.schedule) }

  name              = "${var.name_prefix}-${replace(each.key, "_", "-")}-workflow-schedule"
  description       = "Starts the workflow ${each.key}"
  expression        = each.value
  state_machine_arn = module.workflow[each.key].arn
  input             = "{}"

  tags = var.tags
}
