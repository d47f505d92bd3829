mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "us-west-2" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name      = "demo-lost-events"
  rule_arns = ["arn:aws:events:us-west-2:123456789012:rule/demo"]
}

run "the_queue_is_closed_but_to_its_rules" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.this.statement : statement.sid => [
        coalesce(statement.effect, "Allow"),
        join(",", statement.actions),
        join(",", statement.resources),
        join(",", flatten(statement.principals[*].identifiers)),
        join(",", [for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"]),
      ]
      } == {
      DenyInsecureTransport = ["Deny", "sqs:*", "arn:aws:sqs:us-west-2:123456789012:demo-lost-events", "*", "Bool aws:SecureTransport false"]
      RulesMaySend          = ["Allow", "sqs:SendMessage", "arn:aws:sqs:us-west-2:123456789012:demo-lost-events", "events.amazonaws.com", "ArnEquals aws:SourceArn arn:aws:events:us-west-2:123456789012:rule/demo"]
    }
    error_message = "Only these rules may send, and nobody without TLS."
  }

  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled && aws_sqs_queue.this.message_retention_seconds == 1209600
    error_message = "Messages must be encrypted at rest, and kept as long as SQS can."
  }

  assert {
    condition     = output.arn_static == "arn:aws:sqs:us-west-2:123456789012:demo-lost-events" && aws_sqs_queue.this.name == "demo-lost-events"
    error_message = "The ARN must be known before the queue exists."
  }

  assert {
    condition     = aws_sqs_queue.this.tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }
}

run "rejects_a_name_with_spaces" {
  command = plan
  variables {
    name = "lost events"
  }
  expect_failures = [var.name]
}

run "rejects_rules_with_wildcards" {
  command = plan
  variables {
    rule_arns = ["arn:aws:events:us-west-2:123456789012:rule/*"]
  }
  expect_failures = [var.rule_arns]
}

run "rejects_no_rules" {
  command = plan
  variables {
    rule_arns = []
  }
  expect_failures = [var.rule_arns]
}
