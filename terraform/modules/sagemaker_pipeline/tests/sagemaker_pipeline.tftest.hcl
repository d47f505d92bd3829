mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  pipeline_name       = "demo"
  description         = "Demonstrates"
  bucket_name         = "demo"
  bucket_arn          = "arn:aws:s3:::demo"
  read_prefixes       = ["samplefiles/"]
  write_prefixes      = ["outputfiles/"]
  pipeline_definition = <<-EOT
    {
      "Version": "2020-12-01",
      "Steps": [ { "Type": "Fail", "Name": "stop" } ]
    }
  EOT
  policy_statements   = { ReadInput = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::demo/samplefiles/*"] } }
}

run "pipeline_has_one_text_for_one_definition" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition     = aws_sagemaker_pipeline.this.pipeline_definition == "{\"Steps\":[{\"Name\":\"stop\",\"Type\":\"Fail\"}],\"Version\":\"2020-12-01\"}"
    error_message = "The order of keys and the spaces of the file must not show in the definition."
  }

  assert {
    condition     = aws_sagemaker_pipeline.this.role_arn == module.role.arn && module.role.name == "demo-pipeline" && aws_sagemaker_pipeline.this.pipeline_name == "demo"
    error_message = "The pipeline must have its name and role."
  }

  assert {
    condition     = length(output.parameter_names) == 0
    error_message = "A definition need not have parameters."
  }

  assert {
    condition     = aws_sagemaker_pipeline.this.tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }
}

run "parameters_are_those_of_the_definition" {
  variables {
    pipeline_definition = jsonencode({
      Version    = "2020-12-01"
      Parameters = [{ Name = "first", Type = "String" }, { Name = "second", Type = "String" }]
      Steps      = [{ Type = "Fail", Name = "stop" }]
    })
  }

  assert {
    condition     = output.parameter_names == ["first", "second"]
    error_message = "Every parameter of the definition must be named."
  }
}

run "the_role_may_do_what_it_was_given_and_nothing_else" {
  assert {
    condition     = join(",", keys(module.role.policy_statements)) == "ReadInput"
    error_message = "A pipeline without Lambda steps and jobs must not be able to run any."
  }
}

run "the_role_may_run_the_steps_of_the_definition_in_every_branch" {
  variables {
    pipeline_definition = jsonencode({
      Version = "2020-12-01"
      Steps = [
        { Type = "Lambda", Name = "first", FunctionArn = "arn:aws:lambda:us-west-2:123456789012:function:demo" },
        { Type = "Condition", Name = "which", Arguments = {
          Conditions = []
          IfSteps = [
            { Type = "Lambda", Name = "second", FunctionArn = "arn:aws:lambda:us-west-2:123456789012:function:other" },
            { Type = "Training", Name = "train", Arguments = { RoleArn = "arn:aws:iam::123456789012:role/demo-jobs" } },
          ]
          ElseSteps = [{ Type = "Processing", Name = "process", Arguments = { RoleArn = "arn:aws:iam::123456789012:role/demo-jobs" } }]
        } },
        { Type = "Tuning", Name = "tune", Arguments = { TrainingJobDefinition = { RoleArn = "arn:aws:iam::123456789012:role/demo-jobs" } } },
        { Type = "RegisterModel", Name = "register", Arguments = { ModelPackageGroupName = "wine" } },
        { Type = "Callback", Name = "wait", SqsQueueUrl = { Get = "Parameters.queue" } },
      ]
    })
    queue_arn = "arn:aws:sqs:us-west-2:123456789012:demo"
  }

  assert {
    condition = { for name, statement in module.role.policy_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" } == {
      RunLambdaSteps        = "lambda:InvokeFunction arn:aws:lambda:us-west-2:123456789012:function:demo,arn:aws:lambda:us-west-2:123456789012:function:other"
      RunTrainingJobs       = "sagemaker:AddTags,sagemaker:CreateTrainingJob,sagemaker:DescribeTrainingJob,sagemaker:StopTrainingJob arn:aws:sagemaker:us-west-2:123456789012:training-job/pipelines-*"
      RunProcessingJobs     = "sagemaker:AddTags,sagemaker:CreateProcessingJob,sagemaker:DescribeProcessingJob,sagemaker:StopProcessingJob arn:aws:sagemaker:us-west-2:123456789012:processing-job/pipelines-*"
      RunTuningJobs         = "sagemaker:AddTags,sagemaker:CreateHyperParameterTuningJob,sagemaker:DescribeHyperParameterTuningJob,sagemaker:StopHyperParameterTuningJob arn:aws:sagemaker:us-west-2:123456789012:hyper-parameter-tuning-job/*"
      RunRegisterModelSteps = "sagemaker:AddTags,sagemaker:CreateModelPackage,sagemaker:CreateModelPackageGroup,sagemaker:DescribeModelPackage,sagemaker:DescribeModelPackageGroup arn:aws:sagemaker:us-west-2:123456789012:model-package-group/wine,arn:aws:sagemaker:us-west-2:123456789012:model-package/wine/*"
      SendCallbackMessages  = "sqs:SendMessage arn:aws:sqs:us-west-2:123456789012:demo"
      PassRoleToJobs        = "iam:PassRole arn:aws:iam::123456789012:role/demo-jobs"
      ReadInput             = "s3:GetObject arn:aws:s3:::demo/samplefiles/*"
    }
    error_message = "The pipeline must be able to run its steps, to do what it was given, and nothing else."
  }

  assert {
    condition     = module.role.policy_statements["PassRoleToJobs"].conditions == tolist([{ test = "StringEquals", variable = "iam:PassedToService", values = tolist(["sagemaker.amazonaws.com"]) }])
    error_message = "The jobs' role must not be passed to another service."
  }
}

run "a_condition_on_a_property_file_reads_what_the_job_has_written" {
  variables {
    pipeline_definition = jsonencode({
      Version = "2020-12-01"
      Steps   = [{ Type = "Processing", Name = "judge", PropertyFiles = [{ PropertyFileName = "report", OutputName = "report", FilePath = "report.json" }] }]
    })
  }

  assert {
    condition     = module.role.policy_statements["ReadData"].resources == toset(["arn:aws:s3:::demo/outputfiles/*", "arn:aws:s3:::demo/samplefiles/*"])
    error_message = "The pipeline must be able to read the file."
  }
}

run "a_check_runs_a_processing_job_and_reads_its_report_and_the_groups_baselines" {
  variables {
    pipeline_definition = jsonencode({
      Version = "2020-12-01"
      Steps = [
        { Type = "QualityCheck", Name = "quality", ModelPackageGroupName = "wine", Arguments = { RoleArn = "arn:aws:iam::123456789012:role/demo-jobs" } },
        { Type = "ClarifyCheck", Name = "bias", ModelPackageGroupName = null, Arguments = { RoleArn = "arn:aws:iam::123456789012:role/demo-jobs" } },
      ]
    })
    policy_statements = {}
  }

  assert {
    condition = { for name, statement in module.role.policy_statements : name => "${join(",", statement.actions)} ${join(",", statement.resources)}" } == {
      RunProcessingJobs       = "sagemaker:AddTags,sagemaker:CreateProcessingJob,sagemaker:DescribeProcessingJob,sagemaker:StopProcessingJob arn:aws:sagemaker:us-west-2:123456789012:processing-job/pipelines-*"
      PassRoleToJobs          = "iam:PassRole arn:aws:iam::123456789012:role/demo-jobs"
      ListData                = "s3:ListBucket arn:aws:s3:::demo"
      ReadData                = "s3:GetObject arn:aws:s3:::demo/outputfiles/*,arn:aws:s3:::demo/samplefiles/*"
      ReadBaselinesOfPackages = "sagemaker:DescribeModelPackage,sagemaker:ListModelPackages arn:aws:sagemaker:us-west-2:123456789012:model-package/wine/*"
    }
    error_message = "A pipeline that checks must be able to run the check's job, to read its report and the group's baselines, and nothing else."
  }
}

run "a_group_may_be_named_by_its_arn" {
  variables {
    pipeline_definition = jsonencode({
      Version = "2020-12-01"
      Steps = [
        { Type = "ClarifyCheck", Name = "bias", ModelPackageGroupName = "arn:aws:sagemaker:us-west-2:999999999999:model-package-group/wine", Arguments = {} },
      ]
    })
    policy_statements = {}
  }

  assert {
    condition     = module.role.policy_statements["ReadBaselinesOfPackages"].resources == toset(["arn:aws:sagemaker:us-west-2:999999999999:model-package/wine/*"])
    error_message = "The pipeline must be able to read the packages of the group, which may be of another account."
  }
}

run "a_check_without_a_group_lists_no_packages" {
  variables {
    pipeline_definition = jsonencode({
      Version = "2020-12-01"
      Steps   = [{ Type = "ClarifyCheck", Name = "bias", ModelPackageGroupName = null, Arguments = {} }]
    })
    policy_statements = {}
  }

  assert {
    condition     = join(",", keys(module.role.policy_statements)) == "ListData,ReadData,RunProcessingJobs"
    error_message = "A check that names no group needs no model packages."
  }
}

run "a_group_that_a_parameter_names_may_be_any" {
  variables {
    pipeline_definition = jsonencode({
      Version = "2020-12-01"
      Steps = [
        { Type = "QualityCheck", Name = "quality", ModelPackageGroupName = "wine", Arguments = {} },
        { Type = "QualityCheck", Name = "other", ModelPackageGroupName = { Get = "Parameters.group" }, Arguments = {} },
      ]
    })
  }

  assert {
    condition     = module.role.policy_statements["ReadBaselinesOfPackages"].resources == toset(["arn:aws:sagemaker:us-west-2:123456789012:model-package/*/*"])
    error_message = "The pipeline must be able to read the baselines of the group that the parameter names."
  }
}

run "jobs_and_models_run_as_a_role_of_their_own" {
  variables {
    jobs_role_enabled    = true
    job_services         = ["sagemaker-geospatial.amazonaws.com"]
    container_statements = { PullImage = { actions = ["ecr:BatchGetImage"], resources = ["arn:aws:ecr:us-west-2:123456789012:repository/demo"] } }
  }

  assert {
    condition     = { for service, limits in module.jobs_role[0].trusted_services : service => limits.same_account } == { "sagemaker.amazonaws.com" = true, "sagemaker-geospatial.amazonaws.com" = false }
    error_message = "SageMaker for this account, the service that was named, and nobody else may assume the role."
  }

  assert {
    condition     = join(",", keys(output.job_policy_statements)) == "ReadData,WriteOutput"
    error_message = "Where no step runs a container, nobody needs what containers need, nor lists their data."
  }
}

run "steps_of_unknown_types_need_statements" {
  command = plan
  variables {
    pipeline_definition = jsonencode({ Version = "2020-12-01", Steps = [{ Type = "EMR", Name = "count" }] })
    policy_statements   = {}
  }
  expect_failures = [aws_sagemaker_pipeline.this]
}

run "rejects_a_definition_without_steps" {
  command = plan
  variables {
    pipeline_definition = "{\"Version\":\"2020-12-01\",\"Steps\":[]}"
  }
  expect_failures = [var.pipeline_definition]
}

run "rejects_a_definition_that_is_too_long" {
  command = plan
  variables {
    pipeline_definition = jsonencode({ Version = "2020-12-01", Steps = [format("%1048576s", "")] })
  }
  expect_failures = [var.pipeline_definition]
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    # a name that would change in the arn
    pipeline_name = "Demo"
    # a long description
    description = format("%801s", "")
    # a definition of another version
    pipeline_definition = "{\"Version\":\"1\",\"Steps\":[{}]}"
  }
  expect_failures = [
    var.pipeline_name,
    var.description,
    var.pipeline_definition,
  ]
}
