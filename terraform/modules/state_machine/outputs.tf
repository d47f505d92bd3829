output "name" {
  description = "Name of the state machine"
  value       = aws_sfn_state_machine.this.name
}

output "arn" {
  description = "ARN of the state machine"
  value       = aws_sfn_state_machine.this.arn
}

output "role_arn" {
  description = "ARN of the state machine's role, known once its permissions exist"
  value       = module.role.arn
}

output "definition" {
  description = "Definition of the state machine, in its one text"
  value       = aws_sfn_state_machine.this.definition
}

output "log_group_name" {
  description = "Name of the state machine's log group"
  value       = aws_cloudwatch_log_group.this.name
}
