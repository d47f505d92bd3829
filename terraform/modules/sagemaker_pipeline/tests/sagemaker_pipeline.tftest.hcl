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
}

variables {
  pipeline_name       = "demo"
  description         = "Demonstrates"
  role_arn            = "arn:aws:iam::123456789012:role/demo-sagemaker"
  pipeline_definition = <<-EOT
    {
      "Version": "2020-12-01",
      "Steps": [ { "Type": "Fail", "Name": "stop" } ]
    }
  EOT
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
    condition     = aws_sagemaker_pipeline.this.role_arn == var.role_arn && aws_sagemaker_pipeline.this.pipeline_name == "demo"
    error_message = "The pipeline must have its name and role."
  }

  assert {
    condition     = output.arn_static == "arn:aws:sagemaker:us-west-2:123456789012:pipeline/${aws_sagemaker_pipeline.this.pipeline_name}"
    error_message = "The static ARN must be the one that SageMaker gives a pipeline of this name."
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

run "rejects_a_name_that_would_change_in_the_arn" {
  command = plan
  variables {
    pipeline_name = "Demo"
  }
  expect_failures = [var.pipeline_name]
}

run "rejects_a_long_description" {
  command = plan
  variables {
    description = format("%3073s", "")
  }
  expect_failures = [var.description]
}

run "rejects_a_role_name" {
  command = plan
  variables {
    role_arn = "demo-sagemaker"
  }
  expect_failures = [var.role_arn]
}

run "rejects_a_definition_of_another_version" {
  command = plan
  variables {
    pipeline_definition = "{\"Version\":\"1\",\"Steps\":[{}]}"
  }
  expect_failures = [var.pipeline_definition]
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
