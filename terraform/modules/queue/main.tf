data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  dead_letter_name = "${var.name}-dlq"

  arn_prefix = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
}

# The provider looks at a queue six times, 5 s apart, before it calls it created, and does the same for each
# aws_sqs_queue_policy, _redrive_policy and _redrive_allow_policy, when it makes one and when it deletes one.
# So every attribute is set inline, with ARNs built from names: no third wait. The two waits cannot overlap: AWS refuses
# a redrive policy whose dead-letter queue does not exist yet, and the provider does not try again.
#
# Measured (provider 5.100, an emulator that answers at once):
#                                                  apply   destroy
#   redrive policy inline, as here                  50 s      3 s
#   both queues at once, aws_sqs_queue_redrive_…    50 s     27 s

data "aws_iam_policy_document" "this" {
  for_each = toset(concat([var.name], var.max_receive_count == null ? [] : [local.dead_letter_name]))

  statement {
    sid       = "DenyInsecureTransport"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = ["${local.arn_prefix}:${each.key}"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # A forged message could fail somebody's pipeline step. The sender is a condition and not a principal, because
  # SQS refuses a policy whose principal does not exist yet.
  dynamic "statement" {
    for_each = each.key == var.name && length(var.sender_arns) > 0 ? [var.sender_arns] : []

    content {
      sid       = "DenyOtherSenders"
      effect    = "Deny"
      actions   = ["sqs:SendMessage"]
      resources = ["${local.arn_prefix}:${each.key}"]

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "ArnNotEquals"
        variable = "aws:PrincipalArn"
        values   = statement.value
      }
    }
  }

  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html#eb-rule-dlq
  dynamic "statement" {
    for_each = each.key == var.name && length(var.rule_arns) > 0 ? [var.rule_arns] : []

    content {
      sid       = "RulesMaySend"
      actions   = ["sqs:SendMessage"]
      resources = ["${local.arn_prefix}:${each.key}"]

      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = statement.value
      }
    }
  }
}

resource "aws_sqs_queue" "this" {
  name                       = var.name
  visibility_timeout_seconds = var.visibility_timeout_seconds
  receive_wait_time_seconds  = var.receive_wait_time_seconds
  message_retention_seconds  = var.message_retention_seconds
  sqs_managed_sse_enabled    = true
  policy                     = data.aws_iam_policy_document.this[var.name].json

  redrive_policy = var.max_receive_count == null ? null : jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dlq[0].arn
    maxReceiveCount     = var.max_receive_count
  })

  tags = var.tags
}

resource "aws_sqs_queue" "dlq" {
  count = var.max_receive_count == null ? 0 : 1

  name = local.dead_letter_name
  # A message keeps its age when it moves here, so this is the longest that SQS has.
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  policy                    = data.aws_iam_policy_document.this[local.dead_letter_name].json

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = ["${local.arn_prefix}:${var.name}"]
  })

  tags = var.tags
}
