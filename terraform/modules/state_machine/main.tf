data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  arn = "arn:${local.partition}:states:${data.aws_region.current.name}:${local.account_id}:stateMachine:${var.name}"
}

################################################################################
# State Machine
################################################################################

resource "aws_sfn_state_machine" "this" {
  name     = var.name
  type     = "STANDARD"
  role_arn = aws_iam_role.this.arn

  # The provider compares definitions as text, so it gets the one text that this JSON has.
  definition = jsonencode(jsondecode(var.definition))

  logging_configuration {
    level                  = var.log_level
    include_execution_data = var.include_execution_data
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  # To leave it out is not to turn it off: the provider takes a missing block for one that need not change.
  dynamic "tracing_configuration" {
    for_each = var.tracing_enabled == null ? [] : [var.tracing_enabled]

    content {
      enabled = tracing_configuration.value
    }
  }

  tags = var.tags

  # Step Functions checks that the role may deliver logs before it makes the state machine.
  depends_on = [aws_iam_role_policy.this]
}

################################################################################
# Logs
################################################################################

# Encrypted by CloudWatch Logs itself. The prefix keeps the account's one policy for log delivery short: AWS adds each
# group to it that begins otherwise, until there is no room left.
# https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.retention_in_days

  tags = var.tags
}

################################################################################
# Role
################################################################################

data "aws_iam_policy_document" "assume_role" {
  # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
  statement {
    sid     = "StateMachineMayAssume"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

data "aws_iam_policy_document" "this" {
  source_policy_documents = [data.aws_iam_policy_document.tasks.json]

  dynamic "statement" {
    for_each = length(var.function_arns) > 0 ? [var.function_arns] : []

    content {
      sid       = "InvokeFunctions"
      actions   = ["lambda:InvokeFunction"]
      resources = statement.value
    }
  }

  # The topics may be encrypted with alias/aws/sns: that key serves everybody in the account who may use SNS.
  dynamic "statement" {
    for_each = length(var.topic_arns) > 0 ? [var.topic_arns] : []

    content {
      sid       = "PublishToTopics"
      actions   = ["sns:Publish"]
      resources = statement.value
    }
  }

  # No narrower resource exists for any of these: log deliveries have no ARN.
  # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
  statement {
    sid = "DeliverLogs"
    actions = [
      "logs:CreateLogDelivery",
      "logs:GetLogDelivery",
      "logs:UpdateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:DescribeResourcePolicies",
      "logs:DescribeLogGroups",
    ]
    resources = ["*"]
  }

  # Nor for these: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html#xray-iam
  dynamic "statement" {
    for_each = var.tracing_enabled == true ? ["*"] : []

    content {
      sid = "SendTraces"
      actions = [
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
      ]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "Runs the tasks of the state machine ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "state-machine"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.this.json
}
