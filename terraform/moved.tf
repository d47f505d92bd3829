# Deployments from before each role moved into the module of what it is the role of. Without these, Terraform makes a
# role again before it deletes the old one of the same name.

moved {
  from = module.roles.aws_iam_role.geospatial
  to   = module.geospatial_function.module.role.aws_iam_role.this
}
moved {
  from = module.roles.aws_iam_role_policy.geospatial
  to   = module.geospatial_function.module.role.aws_iam_role_policy.this
}
moved {
  from = module.roles.aws_iam_role.start_pipeline
  to   = module.start_pipeline_function.module.role.aws_iam_role.this
}
moved {
  from = module.roles.aws_iam_role_policy.start_pipeline
  to   = module.start_pipeline_function.module.role.aws_iam_role_policy.this
}
moved {
  from = module.roles.aws_iam_role.answer_task
  to   = module.answer_task_function.module.role.aws_iam_role.this
}
moved {
  from = module.roles.aws_iam_role_policy.answer_task
  to   = module.answer_task_function.module.role.aws_iam_role_policy.this
}
moved {
  from = module.roles.aws_iam_role.sagemaker
  to   = module.geospatial_pipeline.module.role.aws_iam_role.this
}
moved {
  from = module.roles.aws_iam_role_policy.sagemaker
  to   = module.geospatial_pipeline.module.role.aws_iam_role_policy.this
}
moved {
  from = module.roles.aws_iam_role.jobs
  to   = module.jobs_role.aws_iam_role.this
}
moved {
  from = module.roles.aws_iam_role.geocoding[0]
  to   = module.geocoding_role[0].aws_iam_role.this
}
moved {
  from = module.roles.aws_iam_role_policy.jobs
  to   = module.jobs_role.aws_iam_role_policy.this
}
moved {
  from = module.roles.aws_iam_role_policy.geocoding[0]
  to   = module.geocoding_role[0].aws_iam_role_policy.this
}
moved {
  from = module.event_rule["pipeline-not-succeeded"].aws_cloudwatch_event_rule.this
  to   = module.answer_task_function.aws_cloudwatch_event_rule.this["pipeline-not-succeeded"]
}
moved {
  from = module.event_rule["pipeline-not-succeeded"].aws_lambda_permission.this
  to   = module.answer_task_function.aws_lambda_permission.this["pipeline-not-succeeded"]
}
moved {
  from = module.event_rule["pipeline-not-succeeded"].aws_cloudwatch_event_target.this
  to   = module.answer_task_function.aws_cloudwatch_event_target.this["pipeline-not-succeeded"]
}
moved {
  from = module.event_rule["state-machine-not-succeeded"].aws_cloudwatch_event_rule.this
  to   = module.answer_task_function.aws_cloudwatch_event_rule.this["state-machine-not-succeeded"]
}
moved {
  from = module.event_rule["state-machine-not-succeeded"].aws_lambda_permission.this
  to   = module.answer_task_function.aws_lambda_permission.this["state-machine-not-succeeded"]
}
moved {
  from = module.event_rule["state-machine-not-succeeded"].aws_cloudwatch_event_target.this
  to   = module.answer_task_function.aws_cloudwatch_event_target.this["state-machine-not-succeeded"]
}

# Deployments from before each pipeline and each function had a folder.

moved {
  from = module.geospatial_function
  to   = module.function["geospatial"]
}
moved {
  from = module.geospatial_pipeline
  to   = module.pipeline["geospatial"]
}
moved {
  from = module.geocoding_role[0]
  to   = module.pipeline["geocoding"].module.jobs_role[0]
}
moved {
  from = module.answer_task_function.aws_cloudwatch_event_rule.this["pipeline-not-succeeded"]
  to   = module.answer_task_function.aws_cloudwatch_event_rule.this["pipeline-ended"]
}
moved {
  from = module.answer_task_function.aws_lambda_permission.this["pipeline-not-succeeded"]
  to   = module.answer_task_function.aws_lambda_permission.this["pipeline-ended"]
}
moved {
  from = module.answer_task_function.aws_cloudwatch_event_target.this["pipeline-not-succeeded"]
  to   = module.answer_task_function.aws_cloudwatch_event_target.this["pipeline-ended"]
}
moved {
  from = module.image_repository[0]
  to   = module.image_repository["scikit"]
}
