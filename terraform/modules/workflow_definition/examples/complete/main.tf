# A workflow of this repository, with the defaults that its schema gives, as a state machine.
module "definition" {
  source = "../.."

  definition_file     = "${path.module}/../../../../../resources/workflows/process.asl.json"
  schema_file         = "${path.module}/../../../../../resources/workflows/process.schema.json"
  failure_states_file = "${path.module}/../../../../../resources/workflows/notify_failure.json"

  template_variables = {
    name_prefix = "wine"
    bucket_name = "wine-123456789012"
    image_uri   = "123456789012.dkr.ecr.us-west-2.amazonaws.com/wine:latest"
    role_arn    = "arn:aws:iam::123456789012:role/wine-jobs"
    topic_arn   = "arn:aws:sns:us-west-2:123456789012:wine-failures"
  }
}

module "process" {
  source = "../../../state_machine"

  name                  = "wine-process"
  definition            = module.definition.definition
  sagemaker_name_prefix = "wine"
}
