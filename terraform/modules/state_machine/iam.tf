data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  # Log deliveries and traces have no ARN.
  # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
  # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html#xray-iam
  observation_statements = {
    DeliverLogs = [
      "logs:CreateLogDelivery",
      "logs:GetLogDelivery",
      "logs:UpdateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:DescribeResourcePolicies",
      "logs:DescribeLogGroups",
    ]
    SendTraces = [
      "xray:PutTraceSegments",
      "xray:PutTelemetryRecords",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
    ]
  }
}

module "role" {
  source = "../role"

  name        = var.name
  description = "Runs the tasks of the state machine ${var.name}"

  # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
  trusted_services = {
    "states.amazonaws.com" = { source_arn = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${var.name}" }
  }
  policy_name = "state-machine"
  policy_statements = merge(
    { for name, actions in local.observation_statements : name => { actions = actions, resources = ["*"] } if name == "DeliverLogs" || var.tracing_enabled == true },
    local.task_statements,
    var.policy_statements,
  )

  tags = var.tags
}
