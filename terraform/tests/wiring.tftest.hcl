# The whole root on mocks: what one module hands to another, and what each output says.

mock_provider "aws" {
  source = "./tests/mock"
}

override_resource {
  target = module.function["geospatial"].module.role.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/mocked-geospatial" }
}

override_resource {
  target = module.start_pipeline_function.module.role.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/mocked-start" }
}

override_resource {
  target = module.answer_task_function.module.role.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/mocked-answer" }
}

override_resource {
  target = module.pipeline["geospatial"].module.role.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/mocked-sagemaker" }
}

override_resource {
  target = module.jobs_role.aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/mocked-jobs" }
}

override_resource {
  target = module.pipeline["geocoding"].module.jobs_role[0].aws_iam_role.this
  values = { arn = "arn:aws:iam::123456789012:role/mocked-geocoding" }
}

override_resource {
  target = module.function["geospatial"].aws_lambda_function.this
  values = { arn = "arn:aws:lambda:us-west-2:123456789012:function:mocked-geospatial" }
}

override_resource {
  target = module.start_pipeline_function.aws_lambda_function.this
  values = { arn = "arn:aws:lambda:us-west-2:123456789012:function:mocked-start" }
}

override_resource {
  target = module.answer_task_function.aws_lambda_function.this
  values = { arn = "arn:aws:lambda:us-west-2:123456789012:function:mocked-answer" }
}

override_resource {
  target = module.queue.aws_sqs_queue.this
  values = {
    arn = "arn:aws:sqs:us-west-2:123456789012:mocked-callback"
    url = "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-callback"
  }
}

override_resource {
  target = module.queue.aws_sqs_queue.dlq
  values = {
    arn = "arn:aws:sqs:us-west-2:123456789012:mocked-dlq"
    url = "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-dlq"
  }
}

override_resource {
  target = module.lost_events.aws_sqs_queue.this
  values = {
    arn = "arn:aws:sqs:us-west-2:123456789012:mocked-lost-events"
    url = "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-lost-events"
  }
}

variables {
  lambda_package_directory = "tests/packages"
}

run "everything_has_its_name_and_fits_together" {
  variables {
    name_prefix = "demo"
  }

  # Everything has its name.

  assert {
    condition     = output.bucket_name == "demo-123456789012-us-west-2"
    error_message = "The bucket's name must hold prefix, account and region: all accounts share bucket names."
  }

  assert {
    condition = [
      output.functions.geospatial.name,
      output.functions.geospatial.log_group_name,
      output.functions.start_pipeline.name,
      output.functions.start_pipeline.log_group_name,
      output.functions.answer_task.name,
      output.functions.answer_task.log_group_name,
      output.pipelines.geospatial.name,
      output.pipelines.geocoding.name,
      output.default_pipeline,
      output.state_machine_name,
      output.state_machine_log_group_name,
      local.arns.queue,
      local.arns.lost_events,
      local.pipeline_arns[1],
      local.state_machine_arn,
      ] == [
      "demo-geospatial",
      "/aws/lambda/demo-geospatial",
      "demo-start-pipeline",
      "/aws/lambda/demo-start-pipeline",
      "demo-answer-task",
      "/aws/lambda/demo-answer-task",
      "demo-geospatial",
      "demo-geocoding",
      "geospatial",
      "demo-run-pipeline",
      "/aws/vendedlogs/states/demo-run-pipeline",
      "arn:aws:sqs:us-west-2:123456789012:demo-callback",
      "arn:aws:sqs:us-west-2:123456789012:demo-lost-events",
      "arn:aws:sagemaker:us-west-2:123456789012:pipeline/demo-geospatial",
      "arn:aws:states:us-west-2:123456789012:stateMachine:demo-run-pipeline",
    ]
    error_message = "Every name must begin with the prefix."
  }

  assert {
    condition     = local.queue_url == "https://sqs.us-west-2.amazonaws.com/123456789012/demo-callback"
    error_message = "The function must find the queue at AWS."
  }

  # Each side hears how the other ended.

  assert {
    condition = local.event_rules.pipeline-ended.pattern.detail == {
      pipelineArn                    = [for name in ["geocoding", "geospatial"] : "arn:aws:sagemaker:us-west-2:123456789012:pipeline/demo-${name}"]
      currentPipelineExecutionStatus = ["Succeeded", "Failed", "Stopped", "CompletedWithFailures"]
    }
    error_message = "The rule must be about the pipelines of this deployment, and about every end."
  }

  assert {
    condition = local.event_rules.state-machine-not-succeeded.pattern.detail == {
      stateMachineArn = ["arn:aws:states:us-west-2:123456789012:stateMachine:${output.state_machine_name}"]
      status          = ["FAILED", "TIMED_OUT", "ABORTED"]
    }
    error_message = "The rule must be about this state machine, and about every end but success."
  }

  assert {
    condition     = [for name in keys(local.event_rules) : "${local.arns.event_rules}-${name}"] == [for name in ["pipeline-ended", "state-machine-not-succeeded"] : "arn:aws:events:us-west-2:123456789012:rule/demo-${name}"]
    error_message = "The queue of lost events must know both rules."
  }

  # Workflows have their names and defaults.

  assert {
    condition = { for name, workflow in output.workflows : name => workflow.log_group_name } == {
      for name in ["batch_transform", "configure_endpoint", "deploy_model", "end_to_end", "process", "save_model", "train", "train_many", "tune"] :
      name => "/aws/vendedlogs/states/demo-${replace(name, "_", "-")}"
    }
    error_message = "There must be eight workflows, whose names begin with the prefix."
  }

  assert {
    condition = jsondecode(module.workflow["train"].definition).States.Defaults.Parameters == {
      "hyperparameters"     = { "n-estimators" = "100", "max-depth" = "8" }
      "training_data"       = "s3://demo-123456789012-us-west-2/workflows/data/training/"
      "image"               = "123456789012.dkr.ecr.us-west-2.amazonaws.com/demo-scikit:latest"
      "instance_type"       = "ml.m5.large"
      "instance_count"      = 1
      "volume_size_gb"      = 10
      "max_runtime_seconds" = 3600
      "output_path.$"       = "States.Format('s3://demo-123456789012-us-west-2/workflows/output/{}/', $$.Execution.Name)"
    }
    error_message = "The definition must hold the schema's defaults, and put together those that name the execution."
  }

  assert {
    condition     = [output.image_uri, output.images.scikit.uri, output.images.scikit.repository_url] == ["123456789012.dkr.ecr.us-west-2.amazonaws.com/demo-scikit:latest", "123456789012.dkr.ecr.us-west-2.amazonaws.com/demo-scikit:latest", "123456789012.dkr.ecr.us-west-2.amazonaws.com/mocked"]
    error_message = "Each image must be in the deployment's own repository."
  }

  # Workflows run as roles that fit.

  assert {
    condition = alltrue([
      for state in [
        jsondecode(module.workflow["train"].definition).States.Train.Parameters.RoleArn,
        jsondecode(module.workflow["process"].definition).States.Process.Parameters.RoleArn,
        jsondecode(module.workflow["save_model"].definition).States.CreateModel.Parameters.ExecutionRoleArn,
      ] : state == "arn:aws:iam::123456789012:role/mocked-jobs"
    ])
    error_message = "Jobs and models must run as the jobs' role."
  }

  assert {
    condition     = alltrue([for workflow in module.workflow : jsondecode(workflow.definition).States.NotifyFailure.Parameters.TopicArn == "arn:aws:sns:us-west-2:123456789012:mocked"])
    error_message = "Every workflow must tell the topic of its failure."
  }

  assert {
    condition = [
      for state in values(jsondecode(module.workflow["end_to_end"].definition).States) : state.Parameters.StateMachineArn
      if can(state.Parameters.StateMachineArn)
      ] == [
      for name in ["configure-endpoint", "deploy-model", "save-model", "train"] : "arn:aws:states:us-west-2:123456789012:stateMachine:demo-${name}"
    ]
    error_message = "The chain must start the state machines of this deployment."
  }

  assert {
    condition     = startswith(local.workflow_output_prefix, local.workflow_prefix) && local.workflow_prefix != local.task_token_prefix
    error_message = "Jobs must not be able to read task tokens."
  }
}

run "outputs_and_definitions_fit_what_they_name" {
  variables {
    pipeline_timeout_seconds   = 86401
    pipeline_heartbeat_seconds = 60
  }

  # Outputs are of the right resource.

  assert {
    condition = [output.functions.geospatial.role_arn, output.pipelines.geospatial.role_arn, output.pipelines.geocoding.jobs_role_arn] == [
      "arn:aws:iam::123456789012:role/mocked-geospatial",
      "arn:aws:iam::123456789012:role/mocked-sagemaker",
      "arn:aws:iam::123456789012:role/mocked-geocoding",
    ]
    error_message = "The roles must not be mixed up."
  }

  assert {
    condition = [output.queue_arn, output.queue_url, output.dead_letter_queue_url, output.lost_events_queue_url] == [
      "arn:aws:sqs:us-west-2:123456789012:mocked-callback",
      "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-callback",
      "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-dlq",
      "https://sqs.us-west-2.amazonaws.com/123456789012/mocked-lost-events",
    ]
    error_message = "The three queues must not be mixed up."
  }

  assert {
    condition     = [output.account_id, output.region, output.name_prefix] == ["123456789012", "us-west-2", "sagestep"]
    error_message = "The outputs must say where everything is."
  }

  assert {
    condition = [output.state_machine_arn, output.failure_topic_arn] == [
      "arn:aws:states:us-west-2:123456789012:stateMachine:mocked",
      "arn:aws:sns:us-west-2:123456789012:mocked",
    ]
    error_message = "The state machine and its topic must not be mixed up."
  }

  # Definitions fit what they name.

  assert {
    condition = {
      for step in jsondecode(local.pipeline_definitions.geospatial).Steps : step.Name => step.FunctionArn if step.Type == "Lambda"
      } == {
      vej-processing-step = "arn:aws:lambda:us-west-2:123456789012:function:${var.name_prefix}-geospatial"
      export-vej-step     = "arn:aws:lambda:us-west-2:123456789012:function:${var.name_prefix}-geospatial"
      answer-task         = "arn:aws:lambda:us-west-2:123456789012:function:mocked-answer"
    }
    error_message = "The last step must call the answer function, and the others the geospatial function."
  }

  assert {
    condition = [
      jsondecode(local.state_machine_definition).States.RunPipeline.Parameters.FunctionName,
      jsondecode(local.state_machine_definition).States.NotifyFailure.Parameters.TopicArn,
      ] == [
      "arn:aws:lambda:us-west-2:123456789012:function:mocked-start",
      "arn:aws:sns:us-west-2:123456789012:mocked",
    ]
    error_message = "The state machine must call the start function and publish to the topic."
  }

  assert {
    condition = [
      jsondecode(local.state_machine_definition).States.Heartbeats.Parameters.heartbeat_seconds,
      jsondecode(local.state_machine_definition).States.NoHeartbeats.Parameters.heartbeat_seconds,
      jsondecode(local.state_machine_definition).States.RunPipeline.TimeoutSeconds,
      jsondecode(local.state_machine_definition).TimeoutSeconds,
    ] == [60, 86400, 86401, 86701]
    error_message = "The task must end before the execution does: only then is anybody told."
  }

  assert {
    condition = jsondecode(local.state_machine_definition).States.SendsHeartbeats.Choices == [
      { Variable = "$$.Execution.Input.pipeline", IsPresent = false, Next = "Heartbeats" },
      { And = [{ Variable = "$$.Execution.Input.pipeline", IsPresent = true }, { Variable = "$$.Execution.Input.pipeline", StringEquals = "geospatial" }], Next = "Heartbeats" },
    ]
    error_message = "A heartbeat must be waited for where the pipeline sends one: the geospatial one, which is the default."
  }

  assert {
    condition = output.pipelines.geospatial.parameters == {
      parameter_execution_role    = "arn:aws:iam::123456789012:role/sagestep-geospatial-jobs"
      parameter_region            = "us-west-2"
      parameter_queue_url         = "https://sqs.us-west-2.amazonaws.com/123456789012/sagestep-callback"
      parameter_vej_input_config  = "{\"DataSourceConfig\": {\"S3Data\": {\"S3Uri\": \"$${input_uri}\"}}, \"DocumentType\": \"CSV\"}"
      parameter_vej_export_config = "{\"S3Data\": {\"S3Uri\": \"$${output_uri}\"}}"
      parameter_step_1_vej_config = "{\"ReverseGeocodingConfig\": {\"XAttributeName\": \"Longitude\", \"YAttributeName\": \"Latitude\"}}"
    }
    error_message = "The parameters must be filled in with all but what is known only at the start of an execution."
  }

  assert {
    condition     = contains(jsondecode(local.pipeline_definitions.geospatial).Parameters[*].Name, "parameter_run_id")
    error_message = "The pipeline must take the id of the run."
  }

  assert {
    condition     = local.task_token_expiration_days * 86400 > var.pipeline_timeout_seconds + 300
    error_message = "A token must not expire while its task waits."
  }

  assert {
    condition     = local.task_token_uri == "s3://${output.bucket_name}/task-tokens/"
    error_message = "Tokens must lie under the prefix that expires and that no job may read."
  }
}

run "what_is_deployed_can_be_chosen" {
  variables {
    name_prefix              = "demo"
    pipelines                = ["geocoding"]
    workflows                = ["train"]
    pipeline_timeout_seconds = 7200
  }

  assert {
    condition     = [join(",", keys(output.pipelines)), output.default_pipeline, join(",", keys(output.workflows))] == ["geocoding", "geocoding", "train"]
    error_message = "There must be what was chosen; the only pipeline runs where none is named."
  }

  assert {
    condition = [
      jsondecode(local.pipeline_definitions.geocoding).Steps[0].Arguments.RoleArn,
      jsondecode(local.pipeline_definitions.geocoding).Steps[0].Arguments.AppSpecification.ImageUri,
      jsondecode(local.pipeline_definitions.geocoding).Steps[1].FunctionArn,
      ] == [
      "arn:aws:iam::123456789012:role/demo-geocoding-jobs",
      "123456789012.dkr.ecr.us-west-2.amazonaws.com/demo-scikit:latest",
      "arn:aws:lambda:us-west-2:123456789012:function:mocked-answer",
    ]
    error_message = "The job must run our image as its own role, and the last step must call the answer function."
  }

  assert {
    condition     = jsondecode(local.pipeline_definitions.geocoding).Steps[0].Arguments.StoppingCondition.MaxRuntimeInSeconds == jsondecode(local.state_machine_definition).States.RunPipeline.TimeoutSeconds
    error_message = "The job must not outlast the task that waits for it."
  }

  assert {
    condition     = jsondecode(local.state_machine_definition).StartAt == "RunPipeline" && !can(jsondecode(local.state_machine_definition).States.RunPipeline.HeartbeatSecondsPath)
    error_message = "A job that sends no heartbeat must not be ended for want of one."
  }

  assert {
    condition     = output.pipelines.geocoding.parameters == { parameter_input_uri = "$${input_uri}", parameter_output_uri = "$${output_uri}" }
    error_message = "An input must reach the pipeline by the parameter that its manifest names."
  }
}

run "a_deployment_may_have_no_pipelines" {
  variables {
    name_prefix = "demo"
    pipelines   = []
  }

  assert {
    condition     = join(",", local.pipeline_patterns) == "${local.arns.pipelines}/demo-*"
    error_message = "No statement and no event pattern may be empty."
  }
}

run "another_folder_can_be_the_project" {
  variables {
    name_prefix       = "demo"
    project_directory = "tests/project"
  }

  assert {
    condition     = [join(",", keys(output.pipelines)), output.default_pipeline, join(",", keys(output.workflows)), join(",", keys(output.functions))] == ["churn", "churn", "", "answer_task,greet,score,start_pipeline"]
    error_message = "There must be what the project has, and the functions that run its pipelines."
  }

  assert {
    condition     = output.pipelines.churn.parameters == { InputUri = "$${input_uri}", OutputUri = "$${output_uri}", Code = "s3://demo-123456789012-us-west-2/pipelines/churn/code/train.py" }
    error_message = "The manifest's parameters must be filled in."
  }

  assert {
    condition     = join(",", sort([for file in module.pipeline["churn"].code_files : file])) == "s3://demo-123456789012-us-west-2/pipelines/churn/code/train.py"
    error_message = "The programs must lie in the bucket, and what Python leaves beside them must not."
  }

  assert {
    condition = local.pipeline_schedules.churn == {
      expression = "rate(1 day)"
      parameters = {
        Code      = "s3://demo-123456789012-us-west-2/pipelines/churn/code/train.py"
        InputUri  = "s3://demo-123456789012-us-west-2/samplefiles/customers.csv"
        OutputUri = "s3://demo-123456789012-us-west-2/outputfiles/scheduled/churn/"
      }
    }
    error_message = "What EventBridge starts must have every parameter."
  }

  assert {
    condition     = join(",", values(module.pipeline_schedule)[*].rule_name) == "demo-churn-schedule"
    error_message = "The rule must have its name."
  }

  assert {
    condition     = join(",", values(module.function)[*].name) == "demo-greet,demo-score"
    error_message = "The function must have its name."
  }

  assert {
    condition     = local.function_handlers == { greet = "index.handler", score = "lambda_src.score.handler.lambda_handler" }
    error_message = "The handler must be where the package of the language has it."
  }
}

run "an_emulator_has_its_queue_and_need_not_have_image_repositories" {
  variables {
    endpoint_url             = "http://127.0.0.1:4566"
    image_repository_enabled = false
  }

  assert {
    condition     = length(module.image_repository) == 0 && alltrue([for image in output.images : image.repository_url == ""])
    error_message = "There must be no repository, and an output that says so."
  }

  assert {
    condition     = jsondecode(module.workflow["deploy_model"].definition).States.WaitForEndpoint.Seconds == 1
    error_message = "An emulator's endpoints are there at once."
  }

  assert {
    condition     = local.queue_url == "http://127.0.0.1:4566/123456789012/sagestep-callback"
    error_message = "The function must find the queue where the emulator is."
  }
}
