mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  name = "demo-failures"
}

run "topic_is_closed" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == "alias/aws/sns"
    error_message = "Messages must be encrypted at rest."
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.this.statement : {
        effect     = statement.effect
        actions    = join(",", sort(statement.actions))
        resources  = join(",", statement.resources)
        principals = join(",", flatten(statement.principals[*].identifiers))
        conditions = join(",", [for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"])
      }
      ] == [{
        effect     = "Deny"
        actions    = "sns:Publish,sns:Subscribe"
        resources  = "arn:aws:sns:us-west-2:123456789012:demo-failures"
        principals = "*"
        conditions = "Bool aws:SecureTransport false"
    }]
    error_message = "Requests without TLS must be denied to everyone, and nobody must be let in from outside."
  }

  assert {
    condition     = aws_sns_topic.this.policy == data.aws_iam_policy_document.this.json
    error_message = "The policy must be on the topic."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "Nobody must be subscribed."
  }

  assert {
    condition     = aws_sns_topic.this.tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }
}

run "messages_go_to_the_address" {
  variables {
    email = "team@example.com"
  }

  assert {
    condition = [
      aws_sns_topic_subscription.email[0].topic_arn,
      aws_sns_topic_subscription.email[0].protocol,
      aws_sns_topic_subscription.email[0].endpoint,
    ] == [aws_sns_topic.this.arn, "email", "team@example.com"]
    error_message = "The address must be subscribed to the topic."
  }
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    # a name with dots
    name = "demo.failures"
    # two addresses
    email = "team@example.com, boss@example.com"
  }
  expect_failures = [
    var.name,
    var.email,
  ]
}
