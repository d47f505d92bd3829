# A function that a queue's messages invoke, and the events of state machines that failed.
module "callbacks" {
  source = "../../../queue"

  name                       = "wine-callbacks"
  visibility_timeout_seconds = 180
  max_receive_count          = 10
}

module "lost_events" {
  source = "../../../queue"

  name      = "wine-lost-events"
  rule_arns = ["arn:aws:events:us-west-2:123456789012:rule/wine-failed"]
}

module "answer" {
  source = "../.."

  function_name = "wine-answer"
  description   = "Answers what waits"
  handler       = "answer.lambda_handler"
  filename      = "answer.zip"
  event_source  = { arn = module.callbacks.arn }
  on_failure    = { arn = module.lost_events.arn }

  event_rules = { failed = {
    name          = "wine-failed"
    description   = "A state machine failed"
    event_pattern = jsonencode({ source = ["aws.states"], detail = { status = ["FAILED"] } })
  } }

  policy_statements = {
    ReadQueue = {
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
      resources = [module.callbacks.arn]
    }
    KeepLostEvents = { actions = ["sqs:SendMessage"], resources = [module.lost_events.arn] }
  }
}
