# What the project's folders hold: a folder for each pipeline, workflow and function, with a manifest beside it. Nothing of
# it is listed anywhere else.

locals {
  project_directory  = coalesce(var.project_directory, "${path.module}/..")
  pipeline_directory = "${local.project_directory}/resources/pipelines"
  workflow_directory = "${local.project_directory}/resources/workflows"
  function_directory = "${local.project_directory}/lambda_src"

  # A definition is a file of the folder, or was made of its program by the driver.
  pipeline_files = merge(
    { for file in fileset(local.pipeline_directory, "*/pipeline.json") : dirname(file) => "${local.pipeline_directory}/${file}" },
    { for file in flatten([for folder in var.definitions_directory[*] : [for name in fileset(folder, "*.json") : { folder = folder, name = name }]]) :
    trimsuffix(file.name, ".json") => "${file.folder}/${file.name}" },
  )
  all_workflows = toset([for file in fileset(local.workflow_directory, "*/workflow.asl.json") : dirname(file)])
  all_images    = toset([for file in fileset("${local.project_directory}/resources/images", "*/image.yaml") : dirname(file)])
  all_functions = toset([for file in fileset(local.function_directory, "*/function.yaml") : dirname(file)])

  pipeline_names = toset([for name in keys(local.pipeline_files) : name if contains(coalesce(var.pipelines, keys(local.pipeline_files)), name)])
  workflow_names = toset([for name in local.all_workflows : name if contains(coalesce(var.workflows, local.all_workflows), name)])

  # A folder's name fits into one of SageMaker's: lowercase letters, digits and hyphens.
  pipeline_cloud_names = { for name in local.pipeline_names : name => "${var.name_prefix}-${name}" }

  ################################################################################
  # Templates
  ################################################################################

  # What manifests and definitions may name. All of it is known before anything exists.
  template_variables = {
    region          = var.region
    account_id      = local.account_id
    partition       = local.partition
    name_prefix     = var.name_prefix
    bucket_name     = local.bucket_name
    bucket_arn      = "arn:${local.partition}:s3:::${local.bucket_name}"
    queue_url       = local.queue_url
    queue_arn       = local.arns.queue
    image_uri       = local.image_uri
    images          = merge(local.image_uris, var.images)
    timeout_seconds = var.pipeline_timeout_seconds
  }

  # Left for whoever starts an execution.
  execution_variables = {
    input_uri  = "$${input_uri}"
    output_uri = "$${output_uri}"
    run_id     = "$${run_id}"
  }

  pipeline_variables = { for name, cloud_name in local.pipeline_cloud_names : name => merge(local.template_variables, {
    role_arn     = "arn:${local.partition}:iam::${local.account_id}:role/${cloud_name}-jobs"
    pipeline_arn = "${local.arns.pipelines}/${cloud_name}"
    code_uri     = "s3://${local.bucket_name}/${local.pipeline_prefix}${name}/code/"
    data_uri     = "s3://${local.bucket_name}/${local.pipeline_prefix}${name}/data/"
    data_prefix  = "${local.pipeline_prefix}${name}/data"
  }) }

  ################################################################################
  # Manifests
  ################################################################################

  # A manifest need not be there. The driver checks each by its JSON Schema before Terraform reads it.
  pipeline_manifests = { for name in local.pipeline_names : name => merge([
    for file in fileset("${local.pipeline_directory}/${name}", "pipeline.yaml") :
    yamldecode(templatefile("${local.pipeline_directory}/${name}/${file}", merge(local.pipeline_variables[name], local.execution_variables)))
  ]...) }

  workflow_manifests = { for name in local.workflow_names : name => merge([
    for file in fileset("${local.workflow_directory}/${name}", "workflow.yaml") :
    yamldecode(templatefile("${local.workflow_directory}/${name}/${file}", local.template_variables))
  ]...) }

  function_manifests = { for name in local.all_functions : name =>
    merge(yamldecode(templatefile("${local.function_directory}/${name}/function.yaml", local.template_variables)), {})
  }

  flagged_pipelines = [for name, manifest in local.pipeline_manifests : name if try(manifest.default, false)]
  default_pipeline  = try(coalesce(var.default_pipeline, try(one(local.pipeline_names), null), try(local.flagged_pipelines[0], null)), "")

  callback_pipelines  = [for name in local.pipeline_names : name if can(regex("\"Type\"\\s*:\\s*\"Callback\"", file(local.pipeline_files[name])))]
  callback_functions  = toset([for name, manifest in local.function_manifests : name if try(manifest.callback_queue, false)])
  heartbeat_pipelines = [for name, manifest in local.pipeline_manifests : name if try(manifest.heartbeats, false)]
}
