################################################################################
# Rule
################################################################################

variable "name" {
  description = "Name of the rule"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "The rule's name must have 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "description" {
  description = "Which events the rule is about, and why"
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) <= 512
    error_message = "The description must not have more than 512 characters."
  }
}

variable "event_pattern" {
  description = "Events that match: a JSON document"
  type        = string
  nullable    = false

  # Nobody but AWS can put an event whose source begins with aws. on the default bus: such a source cannot be forged.
  validation {
    condition     = try(length(jsondecode(var.event_pattern).source) > 0, false)
    error_message = "The event pattern must be JSON that names the events' source."
  }

  validation {
    condition     = length(var.event_pattern) <= 4096
    error_message = "The event pattern must not have more than 4096 characters."
  }
}

################################################################################
# Target
################################################################################

variable "function_name" {
  description = "Name of the function that is invoked with each event"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "The function must be given by its name."
  }
}

variable "function_arn" {
  description = "ARN of the same function"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:[^:*]+$", var.function_arn))
    error_message = "The function ARN must name one function, without a version."
  }
}

################################################################################
# Dead Letters
################################################################################

variable "dead_letter_arn" {
  description = "Queue of the events that could not be delivered; its policy must let the rule send"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:[^:]+:[0-9]{12}:[^:*]+$", var.dead_letter_arn))
    error_message = "The dead-letter ARN must name one queue."
  }
}

################################################################################
# Tags
################################################################################

variable "tags" {
  description = "Tags of the rule"
  type        = map(string)
  default     = {}
  nullable    = false
}
