mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = {
      partition  = "aws"
      dns_suffix = "amazonaws.com"
    }
  }
  mock_data "aws_region" {
    defaults = { name = "us-west-2" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-west-2:123456789012:mocked" }
  }
}

variables {
  name        = "demo-callback"
  sender_arns = ["arn:aws:iam::123456789012:role/demo-sagemaker"]
}

run "queues_are_closed" {
  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled && aws_sqs_queue.dlq.sqs_managed_sse_enabled
    error_message = "Messages must be encrypted at rest."
  }

  assert {
    condition = alltrue([
      for document in [data.aws_iam_policy_document.this, data.aws_iam_policy_document.dlq] : anytrue([
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
      flatten(data.aws_iam_policy_document.this.statement[*].resources) == ["arn:aws:sqs:us-west-2:123456789012:demo-callback", "arn:aws:sqs:us-west-2:123456789012:demo-callback"]
      && flatten(data.aws_iam_policy_document.dlq.statement[*].resources) == ["arn:aws:sqs:us-west-2:123456789012:demo-callback-dlq"]
    )
    error_message = "Each policy must be about its own queue."
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.this.statement : [
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
      deadLetterTargetArn = aws_sqs_queue.dlq.arn
      maxReceiveCount     = 7
    }
    error_message = "The queue must hand messages to its dead-letter queue."
  }

  assert {
    condition = jsondecode(aws_sqs_queue.dlq.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:us-west-2:123456789012:demo-callback"]
    }
    error_message = "The dead-letter queue must take messages from this queue alone."
  }

  assert {
    condition     = aws_sqs_queue.dlq.message_retention_seconds > aws_sqs_queue.this.message_retention_seconds
    error_message = "A message keeps its age, so the dead-letter queue must keep it longer."
  }

  assert {
    condition     = aws_sqs_queue.this.receive_wait_time_seconds > 0
    error_message = "Empty receives cost money: they must wait."
  }

  assert {
    condition     = aws_sqs_queue.this.tags == tomap({ Team = "maps" }) && aws_sqs_queue.dlq.tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }

  assert {
    condition     = output.arn_static == "arn:aws:sqs:us-west-2:123456789012:${aws_sqs_queue.this.name}"
    error_message = "The static ARN must be the one that SQS gives a queue of this name."
  }

  assert {
    condition     = output.url_static == "https://sqs.us-west-2.amazonaws.com/123456789012/${aws_sqs_queue.this.name}"
    error_message = "The static URL must be the one that SQS gives a queue of this name."
  }
}

run "static_url_is_at_the_emulator" {
  variables {
    endpoint_url = "http://127.0.0.1:4566"
  }

  assert {
    condition     = output.url_static == "http://127.0.0.1:4566/123456789012/demo-callback"
    error_message = "The static URL must be at the emulator."
  }
}

run "rejects_a_name_too_long_for_the_dead_letter_queue" {
  command = plan
  variables {
    name = "a1234567890123456789012345678901234567890123456789012345678901234567890123456"
  }
  expect_failures = [var.name]
}

run "rejects_a_visibility_timeout_beyond_twelve_hours" {
  command = plan
  variables {
    visibility_timeout_seconds = 43201
  }
  expect_failures = [var.visibility_timeout_seconds]
}

run "rejects_a_receive_wait_beyond_twenty_seconds" {
  command = plan
  variables {
    receive_wait_time_seconds = 21
  }
  expect_failures = [var.receive_wait_time_seconds]
}

run "rejects_a_retention_beyond_fourteen_days" {
  command = plan
  variables {
    message_retention_seconds = 1209601
  }
  expect_failures = [var.message_retention_seconds]
}

run "rejects_a_queue_without_senders" {
  command = plan
  variables {
    sender_arns = []
  }
  expect_failures = [var.sender_arns]
}

run "rejects_a_wildcard_sender" {
  command = plan
  variables {
    sender_arns = ["arn:aws:iam::123456789012:role/*"]
  }
  expect_failures = [var.sender_arns]
}

run "rejects_a_receive_count_of_zero" {
  command = plan
  variables {
    max_receive_count = 0
  }
  expect_failures = [var.max_receive_count]
}
