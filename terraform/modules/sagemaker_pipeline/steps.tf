# What the steps need, read from the definition wherever a step stands, in a branch of a Condition step too.
# https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  arn_suffix = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  arn_prefix = "arn:${data.aws_partition.current.partition}:sagemaker:${local.arn_suffix}"

  # Each type of job. A pipeline's jobs are called pipelines-<id of the execution>-<step>-<random>; a tuning job's name has
  # 32 characters at most and begins with the id.
  jobs = {
    Processing = { noun = "ProcessingJob", names = "processing-job/pipelines-*" }
    Training   = { noun = "TrainingJob", names = "training-job/pipelines-*" }
    Transform  = { noun = "TransformJob", names = "transform-job/pipelines-*" }
    Tuning     = { noun = "HyperParameterTuningJob", names = "hyper-parameter-tuning-job/*" }
  }
  check_types = ["QualityCheck", "ClarifyCheck"] # their jobs are processing jobs
  known_types = setunion(keys(local.jobs), local.check_types, ["Model", "RegisterModel", "EndpointConfig", "Endpoint", "Lambda", "Callback", "Condition", "Fail"])

  # Branches may have Condition steps of their own.
  steps_0 = jsondecode(var.pipeline_definition).Steps
  steps_1 = flatten([for step in local.steps_0 : [try(step.Arguments.IfSteps, []), try(step.Arguments.ElseSteps, [])]])
  steps_2 = flatten([for step in local.steps_1 : [try(step.Arguments.IfSteps, []), try(step.Arguments.ElseSteps, [])]])
  steps_3 = flatten([for step in local.steps_2 : [try(step.Arguments.IfSteps, []), try(step.Arguments.ElseSteps, [])]])
  types = setunion(
    [for step in flatten([local.steps_0, local.steps_1, local.steps_2, local.steps_3]) : step.Type],
    flatten(regexall("\"Type\":\"(${join("|", local.known_types)})\"", local.definition)),
  )
  unknown_types = setsubtract(local.types, local.known_types)

  is_checking     = length(setintersection(local.types, local.check_types)) > 0
  job_types       = setintersection(setunion(local.types, local.is_checking ? ["Processing"] : []), keys(local.jobs))
  container_types = setsubtract(local.types, ["Lambda", "Callback", "Condition", "Fail"])

  # What the definition names, as text; an expression such as {"Get": …} names nothing that is known here.
  function_arns  = toset(flatten(regexall("\"FunctionArn\":\"([^\"]+)\"", local.definition)))
  role_arns      = toset(flatten(regexall("\"(?:Execution)?RoleArn\":\"([^\"]+)\"", local.definition)))
  package_groups = toset(flatten(regexall("\"ModelPackageGroupName\":\"([^\"]+)\"", local.definition)))
  # A package may be named by its ARN, too, such as arn:…:model-package/churn/3, a group by its ARN or by a parameter.
  groups     = length(local.package_groups) > 0 && !can(regex("\"ModelPackageGroupName\":\\{", local.definition)) ? local.package_groups : toset(["*"])
  group_arns = [for group in local.groups : startswith(group, "arn:") ? group : "${local.arn_prefix}:model-package-group/${group}"]
  packages   = [for arn in local.group_arns : "${replace(arn, ":model-package-group/", ":model-package/")}/*"]

  statements_by_type = {
    Model = {
      actions   = ["sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DescribeModel"]
      resources = ["${local.arn_prefix}:model/*"]
    }
    # The step makes the group, too, where there is none.
    RegisterModel = {
      actions = [
        "sagemaker:AddTags",
        "sagemaker:CreateModelPackage",
        "sagemaker:CreateModelPackageGroup",
        "sagemaker:DescribeModelPackage",
        "sagemaker:DescribeModelPackageGroup",
      ]
      resources = concat(local.group_arns, local.packages)
    }
    EndpointConfig = {
      actions   = ["sagemaker:AddTags", "sagemaker:CreateEndpointConfig", "sagemaker:DescribeEndpointConfig"]
      resources = ["${local.arn_prefix}:endpoint-config/*"]
    }
    # AWS asks for these on the endpoint's configuration, too.
    Endpoint = {
      actions   = ["sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpoint"]
      resources = ["${local.arn_prefix}:endpoint/*", "${local.arn_prefix}:endpoint-config/*"]
    }
  }

  step_statements = merge(
    { for type in local.job_types : "Run${type}Jobs" => {
      actions   = concat(["sagemaker:AddTags"], [for verb in ["Create", "Describe", "Stop"] : "sagemaker:${verb}${local.jobs[type].noun}"])
      resources = ["${local.arn_prefix}:${local.jobs[type].names}"]
    } },
    { for type, statement in local.statements_by_type : "Run${type}Steps" => statement if contains(local.types, type) },
    { for arns in [local.function_arns] : "RunLambdaSteps" => { actions = ["lambda:InvokeFunction"], resources = arns } if length(arns) > 0 },
    { for arn in [var.queue_arn] : "SendCallbackMessages" => { actions = ["sqs:SendMessage"], resources = [arn] } if arn != null && contains(local.types, "Callback") },
    { for arns in [local.role_arns] : "PassRoleToJobs" => {
      actions    = ["iam:PassRole"]
      resources  = arns
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker.amazonaws.com"] }]
    } if length(arns) > 0 },
    # A condition on a property file, a check's report: the pipeline itself reads what a job has written.
    # https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-propertyfile.html
    { for name, statement in local.data_statements : name => statement if contains(["ListData", "ReadData"], name) && (local.is_checking || can(regex("\"PropertyFiles\":\\[\\{", local.definition))) },
    # A check compares with the baselines of the group's latest approved package.
    # https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-quality-clarify-baseline-lifecycle.html
    { for packages in [local.packages] : "ReadBaselinesOfPackages" => {
      actions   = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"]
      resources = packages
    } if local.is_checking && can(regex("\"ModelPackageGroupName\":[\"{]", local.definition)) },
  )
}
