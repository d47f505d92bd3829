# A queue that one role may send to, whose messages move to a dead-letter queue after ten receives.
module "callbacks" {
  source = "../.."

  name              = "wine-callbacks"
  sender_arns       = ["arn:aws:iam::123456789012:role/wine-pipeline"]
  max_receive_count = 10
}

# A dead-letter queue of events that one rule could not deliver.
module "lost_events" {
  source = "../.."

  name                      = "wine-lost-events"
  rule_arns                 = ["arn:aws:events:us-west-2:123456789012:rule/wine-failed"]
  message_retention_seconds = 1209600
}
