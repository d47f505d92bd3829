################################################################################
# Queue
################################################################################

variable "name" {
  description = "Name of the queue; its dead-letter queue has -dlq added"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,76}$", var.name))
    error_message = "The name must have 1 to 76 letters, digits, hyphens and underscores (80 with -dlq)."
  }
}

variable "endpoint_url" {
  description = "Address of the emulator that holds the queue, with no path; null means AWS"
  type        = string
  default     = null
}

variable "visibility_timeout_seconds" {
  description = "How long a received message stays hidden, unless the function changes it"
  type        = number
  default     = 180
  nullable    = false

  validation {
    condition     = var.visibility_timeout_seconds >= 0 && var.visibility_timeout_seconds <= 43200
    error_message = "The visibility timeout must be 0 to 43200 seconds."
  }
}

variable "receive_wait_time_seconds" {
  description = "How long a receive waits for a message to arrive"
  type        = number
  default     = 20
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

################################################################################
# Policy
################################################################################

variable "sender_arns" {
  description = "Principals that alone may send messages"
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.sender_arns) > 0 && alltrue([for arn in var.sender_arns : can(regex("^arn:[^:]+:iam::[0-9]{12}:[^*]+$", arn))])
    error_message = "The senders must be one or more ARNs of roles or users, without wildcards."
  }
}

################################################################################
# Dead Letter Queue
################################################################################

variable "max_receive_count" {
  description = "How often a message is received before it moves to the dead-letter queue"
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.max_receive_count >= 1 && var.max_receive_count <= 1000 && floor(var.max_receive_count) == var.max_receive_count
    error_message = "The maximum receive count must be a whole number from 1 to 1000."
  }
}

################################################################################
# Tags
################################################################################

variable "tags" {
  description = "Tags of both queues"
  type        = map(string)
  default     = {}
  nullable    = false
}
