variable "name" {
  description = "Name of the EventBridge rule and of its role"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "The name must have 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "description" {
  description = "What is started, and when"
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) <= 512
    error_message = "The description must not have more than 512 characters."
  }
}

variable "expression" {
  description = "When: an expression of EventBridge, such as rate(1 day) or cron(0 6 * * ? *), in UTC"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(rate|cron)\\(.+\\)$", var.expression))
    error_message = "The expression must be rate(…) or cron(…)."
  }
}

variable "state_machine_arn" {
  description = "State machine that is started"
  type        = string
  nullable    = false
}

variable "input" {
  description = "Input of each execution: JSON"
  type        = string
  nullable    = false

  validation {
    condition     = can(jsondecode(var.input)) && length(var.input) <= 8192
    error_message = "The input must be JSON of 8192 characters at most."
  }
}

variable "tags" {
  description = "Tags of the rule and its role"
  type        = map(string)
  default     = {}
  nullable    = false
}
