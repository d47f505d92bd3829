################################################################################
# Queue
################################################################################

variable "name" {
  description = "Name of the queue"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,80}$", var.name))
    error_message = "The name must have 1 to 80 letters, digits, hyphens and underscores."
  }
}

################################################################################
# Policy
################################################################################

variable "rule_arns" {
  description = "EventBridge rules that may send what they could not deliver"
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.rule_arns) > 0 && alltrue([for arn in var.rule_arns : can(regex("^arn:[^:]+:events:[^:]+:[0-9]{12}:rule/[^*]+$", arn))])
    error_message = "The rules must be one or more ARNs of EventBridge rules, without wildcards."
  }
}

################################################################################
# Tags
################################################################################

variable "tags" {
  description = "Tags of the queue"
  type        = map(string)
  default     = {}
  nullable    = false
}
