data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id       = data.aws_caller_identity.current.account_id
  dead_letter_name = "${var.name}-dlq"

  arn_prefix      = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.name}:${local.account_id}"
  arn             = "${local.arn_prefix}:${var.name}"
  dead_letter_arn = "${local.arn_prefix}:${local.dead_letter_name}"

  service_url = coalesce(
    var.endpoint_url,
    "https://sqs.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}",
  )
}

# The provider looks at a queue six times, 5 s apart, before it calls it created, and does the same for each
# aws_sqs_queue_policy, _redrive_policy and _redrive_allow_policy, when it makes one and when it deletes one.
# So every attribute is set inline, with ARNs built from names: no third wait, and nothing but the mapping has
# to wait for a queue. The two waits cannot overlap: AWS refuses a redrive policy whose dead-letter queue does
# not exist yet, and the provider does not try again.
#
# Measured (provider 5.100, an emulator that answers at once):
#                                                  apply   destroy
#   redrive policy inline, as here                  50 s      3 s
#   both queues at once, aws_sqs_queue_redrive_…    50 s     27 s

################################################################################
# Queue
################################################################################

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "DenyInsecureTransport"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.arn]

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
  statement {
    sid       = "DenyOtherSenders"
    effect    = "Deny"
    actions   = ["sqs:SendMessage"]
    resources = [local.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = var.sender_arns
    }
  }
}

resource "aws_sqs_queue" "this" {
  name                       = var.name
  visibility_timeout_seconds = var.visibility_timeout_seconds
  receive_wait_time_seconds  = var.receive_wait_time_seconds
  message_retention_seconds  = var.message_retention_seconds
  sqs_managed_sse_enabled    = true
  policy                     = data.aws_iam_policy_document.this.json

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dlq.arn
    maxReceiveCount     = var.max_receive_count
  })

  tags = var.tags
}

################################################################################
# Dead Letter Queue
################################################################################

data "aws_iam_policy_document" "dlq" {
  statement {
    sid       = "DenyInsecureTransport"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.dead_letter_arn]

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
}

resource "aws_sqs_queue" "dlq" {
  name = local.dead_letter_name
  # A message keeps its age when it moves here, so this is the longest that SQS has.
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  policy                    = data.aws_iam_policy_document.dlq.json

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.arn]
  })

  tags = var.tags
}
