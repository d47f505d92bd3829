# The workflows: state machines that train, process, save, deploy and predict. Each has a definition and a schema of its
# input in resources/workflows; the schema's defaults are written into the definition, so that `{}` is an input.

data "aws_partition" "current" {}

locals {
  workflow_prefix        = "workflows/"
  workflow_output_prefix = "${local.workflow_prefix}output/"

  # Built from names: on an emulator that has no ECR, images have addresses all the same.
  image_repository_name = "${var.name_prefix}-scikit"
  image_repository_arn  = "arn:${data.aws_partition.current.partition}:ecr:${var.region}:${local.account_id}:repository/${local.image_repository_name}"
  image_uri             = "${local.account_id}.dkr.ecr.${var.region}.${data.aws_partition.current.dns_suffix}/${local.image_repository_name}:latest"

  # What each workflow does to SageMaker's resources, by their type, and which workflows it starts.
  workflows = {
    train = {
      actions = { training-job = local.training_job_actions }
      starts  = []
    }
    train_many = {
      actions = { training-job = local.training_job_actions }
      starts  = []
    }
    process = {
      actions = { processing-job = ["CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"] }
      starts  = []
    }
    batch_transform = {
      actions = { transform-job = ["CreateTransformJob", "DescribeTransformJob", "StopTransformJob"] }
      starts  = []
    }
    save_model = {
      actions = { model = ["CreateModel"] }
      starts  = []
    }
    configure_endpoint = {
      actions = { endpoint-config = ["CreateEndpointConfig"] }
      starts  = []
    }
    deploy_model = {
      # AWS asks for the permission to make an endpoint on its configuration, too.
      actions = {
        endpoint        = ["CreateEndpoint", "DeleteEndpoint", "DescribeEndpoint", "UpdateEndpoint"]
        endpoint-config = ["CreateEndpoint", "UpdateEndpoint"]
      }
      starts = []
    }
    end_to_end = {
      # What it needs to take back what the others made.
      actions = {
        endpoint        = ["DeleteEndpoint", "DescribeEndpoint"]
        endpoint-config = ["DeleteEndpointConfig"]
        model           = ["DeleteModel"]
      }
      starts = ["train", "save_model", "configure_endpoint", "deploy_model"]
    }
  }

  # What runs in a container runs as a role, and whoever starts it hands the role over.
  workflows_that_pass_the_role = ["train", "train_many", "process", "save_model"]

  training_job_actions = ["CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"]

  workflow_names = { for name in keys(local.workflows) : name => "${var.name_prefix}-${replace(name, "_", "-")}" }

  # Built from names: a module cannot wait for another of the same for_each.
  state_machine_arn_prefix = "arn:${data.aws_partition.current.partition}:states:${var.region}:${local.account_id}:stateMachine:${var.name_prefix}"

  workflow_schemas = {
    for name in keys(local.workflows) : name => jsondecode(templatefile("${path.module}/../resources/workflows/${name}.schema.json", {
      bucket_name    = local.bucket_name
      name_prefix    = var.name_prefix
      image_uri      = local.image_uri
      execution_name = "{}"
    }))
  }

  # A default that names the execution is not known before there is one: the definition must put it together.
  workflow_defaults = {
    for name, schema in local.workflow_schemas : name => merge(
      {
        for key, property in schema.properties : key => property.default
        if can(property.default) && !can(regex("\\{\\}", tostring(property.default)))
      },
      {
        for key, property in schema.properties : "${key}.$" => "States.Format('${property.default}', $$.Execution.Name)"
        if can(regex("\\{\\}", tostring(property.default)))
      },
    )
  }

  workflow_variables = {
    name_prefix              = var.name_prefix
    role_arn                 = module.roles.jobs_role_arn
    topic_arn                = module.notifications.topic_arn
    state_machine_arn_prefix = local.state_machine_arn_prefix
    # An emulator's endpoints are there at once; AWS takes minutes.
    poll_seconds = local.is_emulated ? 1 : 30
  }

  # Every workflow ends the same way when it fails.
  failure_states = jsondecode(templatefile("${path.module}/../resources/workflows/notify_failure.json", local.workflow_variables))

  workflow_definitions = {
    for name, defaults in local.workflow_defaults : name => jsondecode(
      templatefile("${path.module}/../resources/workflows/${name}.asl.json", merge(local.workflow_variables, {
        defaults = jsonencode(defaults)
      }))
    )
  }
}

module "image_repository" {
  source = "./modules/image_repository"
  count  = var.image_repository_enabled ? 1 : 0

  name         = local.image_repository_name
  force_delete = var.force_destroy

  tags = var.tags
}

module "workflow" {
  source   = "./modules/state_machine"
  for_each = local.workflows

  name = local.workflow_names[each.key]
  definition = jsonencode(merge(local.workflow_definitions[each.key], {
    States = merge(local.workflow_definitions[each.key].States, local.failure_states)
  }))
  topic_arns            = [module.notifications.topic_arn]
  state_machine_arns    = [for name in each.value.starts : "${local.state_machine_arn_prefix}-${replace(name, "_", "-")}"]
  sagemaker_actions     = each.value.actions
  sagemaker_name_prefix = var.name_prefix
  sagemaker_role_arn    = contains(local.workflows_that_pass_the_role, each.key) ? module.roles.jobs_role_arn : null
  retention_in_days     = var.log_retention_days

  tracing_enabled = local.is_emulated ? null : var.tracing_enabled

  tags = var.tags
}
