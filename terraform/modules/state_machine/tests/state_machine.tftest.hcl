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
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-west-2:123456789012:log-group:mocked" }
  }
}

variables {
  name          = "demo-run"
  function_arns = ["arn:aws:lambda:us-west-2:123456789012:function:demo"]
  topic_arns    = ["arn:aws:sns:us-west-2:123456789012:demo-failures"]
  definition    = <<-EOT
    {
      "StartAt": "Done",
      "States": { "Done": { "Type": "Succeed" } }
    }
  EOT
}

run "state_machine_has_one_text_for_one_definition" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition     = aws_sfn_state_machine.this.definition == "{\"StartAt\":\"Done\",\"States\":{\"Done\":{\"Type\":\"Succeed\"}}}"
    error_message = "The order of keys and the spaces of the file must not show in the definition."
  }

  assert {
    condition     = aws_sfn_state_machine.this.role_arn == aws_iam_role.this.arn && aws_sfn_state_machine.this.type == "STANDARD"
    error_message = "The state machine must run as its own role, and wait for longer than five minutes."
  }

  assert {
    condition     = output.arn_static == "arn:aws:states:us-west-2:123456789012:stateMachine:${aws_sfn_state_machine.this.name}"
    error_message = "The static ARN must be the one that Step Functions gives a state machine of this name."
  }

  assert {
    condition = alltrue([
      for tags in [aws_sfn_state_machine.this.tags, aws_cloudwatch_log_group.this.tags, aws_iam_role.this.tags] :
      tags == tomap({ Team = "maps" })
    ])
    error_message = "Tags must be passed through."
  }
}

run "logs_hold_no_secrets_and_expire" {
  variables {
    retention_in_days = 30
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].log_destination == "${aws_cloudwatch_log_group.this.arn}:*"
    error_message = "The state machine must log to the group that Terraform made."
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].include_execution_data == false
    error_message = "Inputs, and with them task tokens, must not be logged unless asked for."
  }

  assert {
    condition     = output.log_group_name == "/aws/vendedlogs/states/demo-run" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The group must have the prefix that keeps AWS's policy for log delivery short, and a retention."
  }
}

run "role_may_do_its_work_and_nothing_else" {
  assert {
    condition     = flatten(data.aws_iam_policy_document.assume_role.statement[*].principals[*].identifiers) == ["states.amazonaws.com"]
    error_message = "Step Functions, and nobody else, may assume the role."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.assume_role.statement : [
        for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]
      ]) == [
      "ArnLike aws:SourceArn arn:aws:states:us-west-2:123456789012:stateMachine:demo-run",
      "StringEquals aws:SourceAccount 123456789012",
    ]
    error_message = "No other state machine, of this account or another, may borrow the role."
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.this.statement : statement.sid => join(",", statement.resources)
      } == {
      InvokeFunctions = var.function_arns[0]
      PublishToTopics = var.topic_arns[0]
      DeliverLogs     = "*"
    }
    error_message = "Each statement must name the resources it is about; only log deliveries have none."
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.this.statement[*].actions)) == toset([
      "lambda:InvokeFunction",
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
      "sns:Publish",
    ])
    error_message = "The role must be able to do what it needs, and nothing else."
  }

  assert {
    condition     = aws_iam_role_policy.this.role == "demo-run" && aws_iam_role_policy.this.policy == data.aws_iam_policy_document.this.json
    error_message = "The policy must be on the role."
  }

  assert {
    condition     = aws_sfn_state_machine.this.tracing_configuration[0].enabled == false
    error_message = "Tracing must be off unless asked for."
  }
}

run "role_without_tasks_only_delivers_logs" {
  variables {
    function_arns = []
    topic_arns    = []
  }

  assert {
    condition     = [for statement in data.aws_iam_policy_document.this.statement : statement.sid] == ["DeliverLogs"]
    error_message = "A role must not be able to do what nobody asked for."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.tasks.statement) == 0
    error_message = "A role must not be able to touch SageMaker or other state machines unless asked for."
  }
}

run "logs_and_traces_are_what_was_asked_for" {
  variables {
    log_level              = "ALL"
    include_execution_data = true
    tracing_enabled        = true
  }

  assert {
    condition = (
      aws_sfn_state_machine.this.logging_configuration[0].level == "ALL"
      && aws_sfn_state_machine.this.logging_configuration[0].include_execution_data
      && aws_sfn_state_machine.this.tracing_configuration[0].enabled
    )
    error_message = "Everything must be logged and traced."
  }

  assert {
    condition = toset(flatten([
      for statement in data.aws_iam_policy_document.this.statement : statement.actions if statement.sid == "SendTraces"
      ])) == toset([
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ])
    error_message = "The role must be able to send traces."
  }
}

run "tasks_of_sagemaker_touch_only_what_has_the_prefix" {
  variables {
    sagemaker_name_prefix = "demo"
    sagemaker_role_arn    = "arn:aws:iam::123456789012:role/demo-jobs"
    sagemaker_actions = {
      training-job = ["CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"]
      model        = ["CreateModel"]
    }
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.tasks.statement : statement.sid => join(",", statement.resources)
      } == {
      SageMakerModel        = "arn:aws:sagemaker:us-west-2:123456789012:model/demo-*"
      SageMakerTrainingJob  = "arn:aws:sagemaker:us-west-2:123456789012:training-job/demo-*"
      PassRoleToSageMaker   = "arn:aws:iam::123456789012:role/demo-jobs"
      HearOfWhatIsWaitedFor = "arn:aws:events:us-west-2:123456789012:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    }
    error_message = "Each statement must name what begins with the prefix, the role, or Step Functions' own rule."
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.tasks.statement[*].actions)) == toset([
      "events:DescribeRule",
      "events:PutRule",
      "events:PutTargets",
      "iam:PassRole",
      "sagemaker:AddTags",
      "sagemaker:CreateModel",
      "sagemaker:CreateTrainingJob",
      "sagemaker:DescribeTrainingJob",
      "sagemaker:ListTags",
      "sagemaker:StopTrainingJob",
    ])
    error_message = "The role must be able to do what was asked for and what waiting needs, and nothing else."
  }

  assert {
    condition = flatten([
      for statement in data.aws_iam_policy_document.tasks.statement : [
        for condition in statement.condition : "${statement.sid}: ${condition.test} ${condition.variable} ${join(",", condition.values)}"
      ]
    ]) == ["PassRoleToSageMaker: StringEquals iam:PassedToService sagemaker.amazonaws.com"]
    error_message = "The role must not be passed to another service."
  }

  assert {
    condition     = data.aws_iam_policy_document.this.source_policy_documents == tolist([data.aws_iam_policy_document.tasks.json])
    error_message = "The tasks' permissions must be in the role's policy."
  }
}

run "state_machines_are_started_and_waited_for" {
  variables {
    state_machine_arns = ["arn:aws:states:us-west-2:123456789012:stateMachine:demo-train"]
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.tasks.statement : join(",", sort(statement.actions)) => join(",", statement.resources)
      } == {
      "states:StartExecution"                                = "arn:aws:states:us-west-2:123456789012:stateMachine:demo-train"
      "states:DescribeExecution,states:StopExecution"        = "arn:aws:states:us-west-2:123456789012:execution:demo-train:*"
      "events:DescribeRule,events:PutRule,events:PutTargets" = "arn:aws:events:us-west-2:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    }
    error_message = "The role must be able to start the state machine, and to look at and stop its executions."
  }
}

run "nothing_is_said_of_tracing_to_an_emulator" {
  variables {
    tracing_enabled = null
  }

  assert {
    condition     = !contains(data.aws_iam_policy_document.this.statement[*].sid, "SendTraces")
    error_message = "The role must not be able to send traces."
  }
}

run "rejects_a_name_with_dots" {
  command = plan
  variables {
    name = "demo.run"
  }
  expect_failures = [var.name]
}

run "rejects_a_definition_that_starts_nowhere" {
  command = plan
  variables {
    definition = "{\"StartAt\":\"Begin\",\"States\":{\"Done\":{\"Type\":\"Succeed\"}}}"
  }
  expect_failures = [var.definition]
}

run "rejects_a_definition_that_is_too_long" {
  command = plan
  variables {
    definition = jsonencode({ Comment = format("%1048576s", ""), StartAt = "Done", States = { Done = { Type = "Succeed" } } })
  }
  expect_failures = [var.definition]
}

run "rejects_every_function" {
  command = plan
  variables {
    function_arns = ["arn:aws:lambda:us-west-2:123456789012:function:*"]
  }
  expect_failures = [var.function_arns]
}

run "rejects_every_topic" {
  command = plan
  variables {
    topic_arns = ["arn:aws:sns:us-west-2:123456789012:*"]
  }
  expect_failures = [var.topic_arns]
}

run "rejects_an_unknown_log_level" {
  command = plan
  variables {
    log_level = "DEBUG"
  }
  expect_failures = [var.log_level]
}

run "rejects_logs_for_ever" {
  command = plan
  variables {
    retention_in_days = 0
  }
  expect_failures = [var.retention_in_days]
}

run "rejects_every_state_machine" {
  command = plan
  variables {
    state_machine_arns = ["arn:aws:states:us-west-2:123456789012:stateMachine:*"]
  }
  expect_failures = [var.state_machine_arns]
}

run "rejects_a_type_of_resource_that_it_does_not_know" {
  command = plan
  variables {
    sagemaker_name_prefix = "demo"
    sagemaker_actions     = { notebook = ["CreateNotebookInstance"] }
  }
  expect_failures = [var.sagemaker_actions]
}

run "rejects_every_action" {
  command = plan
  variables {
    sagemaker_name_prefix = "demo"
    sagemaker_actions     = { model = ["*"] }
  }
  expect_failures = [var.sagemaker_actions]
}

run "rejects_a_prefix_with_a_wildcard" {
  command = plan
  variables {
    sagemaker_name_prefix = "*"
  }
  expect_failures = [var.sagemaker_name_prefix]
}

run "rejects_actions_on_whatever_name" {
  command = plan
  variables {
    sagemaker_actions = { model = ["CreateModel"] }
  }
  expect_failures = [var.sagemaker_name_prefix]
}

run "rejects_every_role" {
  command = plan
  variables {
    sagemaker_role_arn = "arn:aws:iam::123456789012:role/*"
  }
  expect_failures = [var.sagemaker_role_arn]
}
