mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  name       = "demo-run"
  definition = <<-EOT
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
    condition     = aws_sfn_state_machine.this.role_arn == module.role.arn && aws_sfn_state_machine.this.type == "STANDARD"
    error_message = "The state machine must run as its own role, and wait for longer than five minutes."
  }

  assert {
    condition = alltrue([
      for tags in [aws_sfn_state_machine.this.tags, aws_cloudwatch_log_group.this.tags] :
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

run "only_this_state_machine_may_assume_the_role" {
  assert {
    condition = module.role.trusted_services == tomap({
      "states.amazonaws.com" = { same_account = true, source_arn = "arn:aws:states:us-west-2:123456789012:stateMachine:demo-run" }
    })
    error_message = "No other state machine, of this account or another, may borrow the role."
  }
}

run "a_role_without_tasks_only_delivers_logs" {
  assert {
    condition     = join(",", keys(module.role.policy_statements)) == "DeliverLogs" && module.role.policy_statements["DeliverLogs"].resources == toset(["*"])
    error_message = "A role must not be able to do what no task needs."
  }

  assert {
    condition     = aws_sfn_state_machine.this.tracing_configuration[0].enabled == false
    error_message = "Tracing must be off unless asked for."
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
    condition = module.role.policy_statements["SendTraces"].actions == toset([
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ])
    error_message = "The role must be able to send traces."
  }
}

run "tracing_stays_as_it_is_where_nothing_is_said" {
  variables {
    tracing_enabled = null
  }

  assert {
    condition     = !contains(keys(module.role.policy_statements), "SendTraces") && length(aws_sfn_state_machine.this.tracing_configuration) == 0
    error_message = "The role must not be able to send traces."
  }
}

run "functions_and_topics_are_those_of_the_tasks" {
  variables {
    definition = jsonencode({ StartAt = "Run", States = {
      Run = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken", Next = "Tell", Parameters = {
        FunctionName = "arn:aws:lambda:us-west-2:123456789012:function:demo"
        Payload      = { text = "\"FunctionName\":\"arn:aws:lambda:us-west-2:123456789012:function:forged\"" }
      } }
      Tell = { Type = "Task", Resource = "arn:aws:states:::sns:publish", End = true, Parameters = { TopicArn = "arn:aws:sns:us-west-2:123456789012:demo" } }
    } })
  }

  assert {
    condition = { for name, statement in module.role.policy_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" if name != "DeliverLogs" } == {
      InvokeFunctions = "lambda:InvokeFunction arn:aws:lambda:us-west-2:123456789012:function:demo"
      PublishToTopics = "sns:Publish arn:aws:sns:us-west-2:123456789012:demo"
    }
    error_message = "The role must be able to do what its tasks do, and nothing that a text merely mentions."
  }
}

run "tasks_of_sagemaker_touch_only_what_has_the_prefix" {
  variables {
    sagemaker_name_prefix = "demo"
    definition = jsonencode({ StartAt = "Many", States = {
      Many = { Type = "Map", Next = "Save", ItemProcessor = { StartAt = "Train", States = {
        Train = { Type = "Task", Resource = "arn:aws:states:::sagemaker:createTrainingJob.sync", End = true, Parameters = { RoleArn = "arn:aws:iam::123456789012:role/demo-jobs" } }
      } } }
      Save   = { Type = "Task", Resource = "arn:aws:states:::sagemaker:createModel", Next = "Deploy", Parameters = { ExecutionRoleArn = "arn:aws:iam::123456789012:role/demo-jobs" } }
      Deploy = { Type = "Task", Resource = "arn:aws:states:::sagemaker:createEndpoint", End = true, Parameters = {} }
    } })
  }

  assert {
    condition = { for name, statement in module.role.policy_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" if name != "DeliverLogs" } == {
      SageMakerTrainingJob    = "sagemaker:AddTags,sagemaker:CreateTrainingJob,sagemaker:DescribeTrainingJob,sagemaker:ListTags,sagemaker:StopTrainingJob arn:aws:sagemaker:us-west-2:123456789012:training-job/demo-*"
      SageMakerModel          = "sagemaker:CreateModel arn:aws:sagemaker:us-west-2:123456789012:model/demo-*"
      SageMakerEndpoint       = "sagemaker:CreateEndpoint arn:aws:sagemaker:us-west-2:123456789012:endpoint/demo-*"
      SageMakerEndpointConfig = "sagemaker:CreateEndpoint arn:aws:sagemaker:us-west-2:123456789012:endpoint-config/demo-*"
      PassRoleToSageMaker     = "iam:PassRole arn:aws:iam::123456789012:role/demo-jobs"
      HearOfWhatIsWaitedFor   = "events:DescribeRule,events:PutRule,events:PutTargets arn:aws:events:us-west-2:123456789012:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    }
    error_message = "Each statement must name what begins with the prefix, the role, or Step Functions' own rule."
  }

  assert {
    condition     = module.role.policy_statements["PassRoleToSageMaker"].conditions == tolist([{ test = "StringEquals", variable = "iam:PassedToService", values = tolist(["sagemaker.amazonaws.com"]) }])
    error_message = "The role must not be passed to another service."
  }
}

run "a_tuning_job_is_waited_for_as_other_jobs_are" {
  variables {
    sagemaker_name_prefix = "demo"
    definition = jsonencode({ StartAt = "Tune", States = {
      Tune = { Type = "Task", Resource = "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync", End = true, Parameters = {} }
    } })
  }

  assert {
    condition = { for name, statement in module.role.policy_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" if name != "DeliverLogs" } == {
      SageMakerHyperParameterTuningJob = "sagemaker:AddTags,sagemaker:CreateHyperParameterTuningJob,sagemaker:DescribeHyperParameterTuningJob,sagemaker:ListTags,sagemaker:StopHyperParameterTuningJob arn:aws:sagemaker:us-west-2:123456789012:hyper-parameter-tuning-job/demo-*"
      HearOfWhatIsWaitedFor            = "events:DescribeRule,events:PutRule,events:PutTargets arn:aws:events:us-west-2:123456789012:rule/StepFunctionsGetEventsForSageMakerTuningJobsRule"
    }
    error_message = "The role must be able to create, look at, tag and stop the tuning job, and to hear of its end."
  }
}

run "state_machines_are_started_and_waited_for" {
  variables {
    definition = jsonencode({ StartAt = "Train", States = {
      Train = { Type = "Task", Resource = "arn:aws:states:::states:startExecution.sync:2", End = true, Parameters = { StateMachineArn = "arn:aws:states:us-west-2:123456789012:stateMachine:demo-train" } }
    } })
  }

  assert {
    condition = { for name, statement in module.role.policy_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" if name != "DeliverLogs" } == {
      StartExecutions         = "states:StartExecution arn:aws:states:us-west-2:123456789012:stateMachine:demo-train"
      LookAtAndStopExecutions = "states:DescribeExecution,states:StopExecution arn:aws:states:us-west-2:123456789012:execution:demo-train:*"
      HearOfWhatIsWaitedFor   = "events:DescribeRule,events:PutRule,events:PutTargets arn:aws:events:us-west-2:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    }
    error_message = "The role must be able to start the state machine, and to look at and stop its executions."
  }
}

run "items_of_a_distributed_map_are_executions_of_the_state_machine" {
  variables {
    definition = <<-EOT
      {
        "StartAt": "Each",
        "States": {
          "Each": {
            "Type": "Map",
            "ItemProcessor": {
              "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
              "StartAt": "Done",
              "States": { "Done": { "Type": "Succeed" } }
            },
            "End": true
          }
        }
      }
    EOT
  }

  assert {
    condition = { for name, statement in local.task_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" } == {
      RunItemsOfMaps           = "states:StartExecution arn:aws:states:us-west-2:123456789012:stateMachine:demo-run"
      LookAtAndStopItemsOfMaps = "states:DescribeExecution,states:StopExecution arn:aws:states:us-west-2:123456789012:execution:demo-run:*"
    }
    error_message = "The state machine must be able to start, see and stop the executions of its Map."
  }
}

run "says_that_the_permissions_of_a_task_are_not_known" {
  command = plan
  variables {
    definition = jsonencode({ StartAt = "Ask", States = { Ask = { Type = "Task", Resource = "arn:aws:states:::dynamodb:getItem", End = true } } })
  }
  expect_failures = [aws_sfn_state_machine.this]
}

run "takes_the_permissions_of_other_tasks" {
  variables {
    definition        = jsonencode({ StartAt = "Ask", States = { Ask = { Type = "Task", Resource = "arn:aws:states:::dynamodb:getItem", End = true } } })
    policy_statements = { ReadTable = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:us-west-2:123456789012:table/demo"] } }
  }

  assert {
    condition     = { for name, statement in module.role.policy_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" if name != "DeliverLogs" } == { ReadTable = "dynamodb:GetItem arn:aws:dynamodb:us-west-2:123456789012:table/demo" }
    error_message = "The role must be able to do what it was given, and nothing else."
  }
}

run "rejects_tasks_of_sagemaker_on_whatever_name" {
  command = plan
  variables {
    definition = jsonencode({ StartAt = "Save", States = { Save = { Type = "Task", Resource = "arn:aws:states:::sagemaker:createModel", End = true } } })
  }
  expect_failures = [var.sagemaker_name_prefix]
}

run "rejects_a_definition_that_is_too_long" {
  command = plan
  variables {
    definition = jsonencode({ Comment = format("%1048576s", ""), StartAt = "Done", States = { Done = { Type = "Succeed" } } })
  }
  expect_failures = [var.definition]
}

# Its rule reads another variable: Terraform does not apply it where that is refused.
run "rejects_a_prefix_with_a_wildcard" {
  command = plan
  variables {
    sagemaker_name_prefix = "*"
  }
  expect_failures = [var.sagemaker_name_prefix]
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    # a name with dots
    name = "demo.run"
    # a definition that starts nowhere
    definition = "{\"StartAt\":\"Begin\",\"States\":{\"Done\":{\"Type\":\"Succeed\"}}}"
    # an unknown log level
    log_level = "DEBUG"
    # logs for ever
    retention_in_days = 0
  }
  expect_failures = [
    var.name,
    var.definition,
    var.log_level,
    var.retention_in_days,
  ]
}
