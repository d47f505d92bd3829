variables {
  definition_file     = "tests/definition.asl.json"
  schema_file         = "tests/schema.json"
  failure_states_file = "tests/failure.json"
  template_variables  = { bucket_name = "demo-bucket", topic_arn = "arn:aws:sns:us-west-2:123456789012:demo" }
}

run "defaults_of_the_schema_are_in_the_definition" {
  assert {
    condition = output.defaults == {
      instance_count  = 1
      training_data   = "s3://demo-bucket/data/"
      "output_path.$" = "States.Format('s3://demo-bucket/output/{}/', $$.Execution.Name)"
    }
    error_message = "Each default must be there, and one that names the execution be put together by it; what must be given has none."
  }

  assert {
    condition     = jsondecode(output.definition).States.Defaults.Parameters == output.defaults
    error_message = "The definition must begin with the defaults."
  }
}

run "every_definition_has_the_states_of_a_failure" {
  assert {
    condition     = join(",", keys(jsondecode(output.definition).States)) == "Defaults,Failed,NotifyFailure"
    error_message = "The states of a failure must be added."
  }

  assert {
    condition     = jsondecode(output.definition).States.NotifyFailure.Parameters.TopicArn == "arn:aws:sns:us-west-2:123456789012:demo"
    error_message = "The variables must be filled in there, too."
  }
}

run "rejects_defaults_that_the_schema_does_not_give" {
  command = plan
  variables {
    template_variables = { defaults = "{}" }
  }
  expect_failures = [var.template_variables]
}
