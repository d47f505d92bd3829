data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  arn = "arn:${data.aws_partition.current.partition}:sns:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:${var.name}"
}

data "aws_iam_policy_document" "this" {
  # Not sns:*, which a topic's policy may not name. Who may publish is said by identity policies: nobody outside the
  # account is let in here.
  statement {
    sid       = "DenyInsecureTransport"
    effect    = "Deny"
    actions   = ["sns:Publish", "sns:Subscribe"]
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
}

resource "aws_sns_topic" "this" {
  name = var.name

  # AWS's own key: free, and open to whoever in the account may publish here. An AWS service that publishes as itself,
  # such as an alarm, could not use it.
  # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  kms_master_key_id = "alias/aws/sns"

  policy = data.aws_iam_policy_document.this.json

  tags = var.tags
}

# Until somebody follows the link in the first message, SNS sends no other.
resource "aws_sns_topic_subscription" "email" {
  count = var.email == null ? 0 : 1

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = var.email
}
