variable "name" {
  description = "Name of the queue; a dead-letter queue has -dlq added"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,76}$", var.name))
    error_message = "The name must have 1 to 76 letters, digits, hyphens and underscores (80 with -dlq)."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long a received message stays hidden, unless the function changes it"
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.visibility_timeout_seconds >= 0 && var.visibility_timeout_seconds <= 43200
    error_message = "The visibility timeout must be 0 to 43200 seconds."
  }
}

variable "receive_wait_time_seconds" {
  description = "How long a receive waits for a message to arrive"
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.receive_wait_time_seconds >= 0 && var.receive_wait_time_seconds <= 20
    error_message = "The receive wait time must be 0 to 20 seconds."
  }
}

variable "message_retention_seconds" {
  description = "How long a message is kept that nobody deletes"
  type        = number
  default     = 345600
  nullable    = false

  validation {
    condition     = var.message_retention_seconds >= 60 && var.message_retention_seconds <= 1209600
    error_message = "The message retention must be 60 to 1209600 seconds."
  }
}

variable "sender_arns" {
  description = "Roles and users that alone may send messages; empty means whoever in the account is allowed to by a policy of its own"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.sender_arns : can(regex("^arn:[^:]+:iam::[0-9]{12}:[^*]+$", arn))])
    error_message = "The senders must be ARNs of roles or users, without wildcards."
  }
}

variable "rule_arns" {
  description = "EventBridge rules that may send, as to a dead-letter queue of events"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.rule_arns : can(regex("^arn:[^:]+:events:[^:]+:[0-9]{12}:rule/[^*]+$", arn))])
    error_message = "The rules must be ARNs of EventBridge rules, without wildcards."
  }

  validation {
    condition     = length(var.rule_arns) == 0 || length(var.sender_arns) == 0
    error_message = "A queue has sender_arns or rule_arns: where only senders may send, rules may not."
  }
}

variable "max_receive_count" {
  description = "How often a message is received before it moves to the dead-letter queue; null means that there is none"
  type        = number
  default     = null

  validation {
    condition     = var.max_receive_count == null ? true : var.max_receive_count >= 1 && var.max_receive_count <= 1000 && floor(var.max_receive_count) == var.max_receive_count
    error_message = "The maximum receive count must be a whole number from 1 to 1000."
  }
}

variable "tags" {
  description = "Tags of the queues"
  type        = map(string)
  default     = {}
  nullable    = false
}
