mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  name              = "demo-callback"
  sender_arns       = ["arn:aws:iam::123456789012:role/demo-sagemaker"]
  max_receive_count = 200
}

run "queues_are_closed" {
  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled && aws_sqs_queue.dlq[0].sqs_managed_sse_enabled
    error_message = "Messages must be encrypted at rest."
  }

  assert {
    condition = alltrue([
      for document in values(data.aws_iam_policy_document.this) : anytrue([
        for statement in document.statement :
        statement.effect == "Deny"
        && contains(statement.actions, "sqs:*")
        && contains(flatten(statement.principals[*].identifiers), "*")
        && [for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"] == ["Bool aws:SecureTransport false"]
      ])
    ])
    error_message = "Requests without TLS must be denied to everyone."
  }

  assert {
    condition = (
      flatten(data.aws_iam_policy_document.this["demo-callback"].statement[*].resources) == ["arn:aws:sqs:us-west-2:123456789012:demo-callback", "arn:aws:sqs:us-west-2:123456789012:demo-callback"]
      && flatten(data.aws_iam_policy_document.this["demo-callback-dlq"].statement[*].resources) == ["arn:aws:sqs:us-west-2:123456789012:demo-callback-dlq"]
    )
    error_message = "Each policy must be about its own queue."
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.this["demo-callback"].statement : [
        for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ] if statement.effect == "Deny" && tolist(statement.actions) == tolist(["sqs:SendMessage"])
    ] == [["ArnNotEquals aws:PrincipalArn arn:aws:iam::123456789012:role/demo-sagemaker"]]
    error_message = "Everyone but the senders must be denied to send."
  }
}

run "messages_find_their_way" {
  variables {
    max_receive_count = 7
    tags              = { Team = "maps" }
  }

  assert {
    condition = jsondecode(aws_sqs_queue.this.redrive_policy) == {
      deadLetterTargetArn = aws_sqs_queue.dlq[0].arn
      maxReceiveCount     = 7
    }
    error_message = "The queue must hand messages to its dead-letter queue."
  }

  assert {
    condition = jsondecode(aws_sqs_queue.dlq[0].redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:us-west-2:123456789012:demo-callback"]
    }
    error_message = "The dead-letter queue must take messages from this queue alone."
  }

  assert {
    condition     = aws_sqs_queue.dlq[0].message_retention_seconds > aws_sqs_queue.this.message_retention_seconds
    error_message = "A message keeps its age, so the dead-letter queue must keep it longer."
  }

  assert {
    condition     = aws_sqs_queue.this.tags == tomap({ Team = "maps" }) && aws_sqs_queue.dlq[0].tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }
}

run "a_queue_of_lost_events_takes_them_from_its_rules" {
  variables {
    name              = "demo-lost-events"
    sender_arns       = []
    rule_arns         = ["arn:aws:events:us-west-2:123456789012:rule/demo"]
    max_receive_count = null
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.this["demo-lost-events"].statement : statement.sid => [
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
    condition     = length(aws_sqs_queue.dlq) == 0 && output.dead_letter_queue_url == null
    error_message = "There must be no dead-letter queue unless a receive count asks for one."
  }
}

run "rejects_rules_with_wildcards" {
  command = plan
  variables {
    sender_arns = []
    rule_arns   = ["arn:aws:events:us-west-2:123456789012:rule/*"]
  }
  expect_failures = [var.rule_arns]
}

# Its rule reads another variable: Terraform does not apply it where that is refused.
run "rejects_rules_beside_senders" {
  command = plan
  variables {
    rule_arns = ["arn:aws:events:us-west-2:123456789012:rule/demo"]
  }
  expect_failures = [var.rule_arns]
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    # a name too long for the dead letter queue
    name = "a1234567890123456789012345678901234567890123456789012345678901234567890123456"
    # a visibility timeout beyond twelve hours
    visibility_timeout_seconds = 43201
    # a receive wait beyond twenty seconds
    receive_wait_time_seconds = 21
    # a retention beyond fourteen days
    message_retention_seconds = 1209601
    # a wildcard sender
    sender_arns = ["arn:aws:iam::123456789012:role/*"]
    # a receive count of zero
    max_receive_count = 0
  }
  expect_failures = [
    var.name,
    var.visibility_timeout_seconds,
    var.receive_wait_time_seconds,
    var.message_retention_seconds,
    var.sender_arns,
    var.max_receive_count,
  ]
}
