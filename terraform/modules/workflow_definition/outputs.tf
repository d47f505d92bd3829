output "definition" {
  description = "Definition of the state machine: JSON in Amazon States Language"
  value       = jsonencode(merge(local.definition, { States = local.states }))
}

output "defaults" {
  description = "What takes the place of each input that is not given; a key that ends with .$ is put together by the execution"
  value       = local.defaults
}
