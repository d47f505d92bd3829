################################################################################
# State Machine
################################################################################

output "name" {
  description = "Name of the state machine"
  value       = aws_sfn_state_machine.this.name
}

output "arn" {
  description = "ARN of the state machine"
  value       = aws_sfn_state_machine.this.arn
}

output "arn_static" {
  description = "ARN of the state machine, built from its name: known before the state machine exists"
  value       = local.arn
}

output "definition" {
  description = "Definition of the state machine, in its one text"
  value       = aws_sfn_state_machine.this.definition
}

################################################################################
# Logs
################################################################################

output "log_group_name" {
  description = "Name of the state machine's log group"
  value       = aws_cloudwatch_log_group.this.name
}
