# What a project's own configuration gets of ours. The driver puts the project's terraform/*.tf beside these files: both are
# one module, and `local.sagestep` is what stays when the rest changes.

locals {
  sagestep = {
    region      = var.region
    account_id  = local.account_id
    partition   = local.partition
    name_prefix = var.name_prefix
    is_emulated = local.is_emulated
    tags        = var.tags

    bucket_name       = module.bucket.name
    bucket_arn        = module.bucket.arn
    queue_url         = module.queue.url
    queue_arn         = module.queue.arn
    failure_topic_arn = module.notifications.topic_arn
    state_machine_arn = module.state_machine.arn
    jobs_role_arn     = module.jobs_role.arn
    images            = local.image_uris

    pipelines = { for name, pipeline in module.pipeline : name => {
      arn           = pipeline.arn
      name          = pipeline.name
      role_arn      = pipeline.role_arn
      jobs_role_arn = pipeline.jobs_role_arn
    } }
    workflows = { for name, workflow in module.workflow : name => { state_machine_arn = workflow.arn } }
    functions = { for name, function in module.function : name => {
      arn      = function.arn
      name     = function.name
      role_arn = function.role_arn
    } }
  }
}
