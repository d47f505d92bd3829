# Starts a state machine each morning.
module "schedule" {
  source = "../.."

  name              = "wine-schedule"
  description       = "Trains each morning"
  expression        = "cron(0 6 * * ? *)"
  state_machine_arn = "arn:aws:states:us-west-2:123456789012:stateMachine:wine-train"
  input             = jsonencode({ max_depth = 4 })
}
