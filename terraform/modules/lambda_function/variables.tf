################################################################################
# Function
################################################################################

variable "function_name" {
  description = "Name of the function"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "The function's name must have 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "description" {
  description = "What the function does"
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) <= 256
    error_message = "The description must not have more than 256 characters."
  }
}

variable "filename" {
  description = "Path of the zip that holds the function's code"
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.filename, ".zip")
    error_message = "The package must be a zip file."
  }
}

variable "handler" {
  description = "Where in the package the function begins: module.function"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_./-]+[.][A-Za-z0-9_]+$", var.handler))
    error_message = "The handler must be written as module.function."
  }
}

variable "runtime" {
  description = "Runtime of the function"
  type        = string
  default     = "python3.12"
  nullable    = false

  validation {
    condition     = can(regex("^(python3[.][0-9]+|nodejs[0-9]+[.]x)$", var.runtime))
    error_message = "The runtime must be one of Python or Node.js, such as python3.12 or nodejs22.x."
  }
}

variable "memory_size" {
  description = "Memory of the function in MB; its share of a processor grows with it"
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240
    error_message = "The memory must be 128 to 10240 MB."
  }
}

variable "timeout" {
  description = "Seconds that an invocation may take"
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.timeout >= 1 && var.timeout <= 900
    error_message = "The timeout must be 1 to 900 seconds."
  }
}

variable "environment_variables" {
  description = "Environment of the function"
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# Role
################################################################################

variable "policy_statements" {
  description = "What the function may do besides writing its logs: statements of its role's policy, by their ids"
  type = map(object({
    actions    = set(string)
    resources  = set(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default  = {}
  nullable = false
}

################################################################################
# Logs
################################################################################

variable "retention_in_days" {
  description = "Days that the function's logs are kept"
  type        = number
  default     = 14
  nullable    = false

  # 0 would keep them for ever; the provider knows the other numbers that CloudWatch Logs takes.
  validation {
    condition     = var.retention_in_days >= 1
    error_message = "Logs must expire: the retention must be at least 1 day."
  }
}

################################################################################
# Event Sources
################################################################################

variable "event_source" {
  description = "Queue whose messages invoke the function, and how many at a time; null means none. The policy statements must allow the function to read it"
  type = object({
    arn        = string
    batch_size = optional(number, 10)
  })
  default = null

  validation {
    condition     = var.event_source == null ? true : var.event_source.batch_size >= 1 && var.event_source.batch_size <= 10
    error_message = "The batch size must be 1 to 10: more needs a batching window, which would delay every answer."
  }
}

variable "event_rules" {
  description = "EventBridge rules that invoke the function with each event that matches, by a key of their own"
  type = map(object({
    name          = string
    description   = string
    event_pattern = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for rule in values(var.event_rules) : can(regex("^[A-Za-z0-9_-]{1,64}$", rule.name)) && length(rule.description) <= 512])
    error_message = "A rule's name must have 1 to 64 letters, digits, hyphens and underscores; its description 512 characters at most."
  }

  # Nobody but AWS can put an event whose source begins with aws. on the default bus: such a source cannot be forged.
  validation {
    condition     = alltrue([for rule in values(var.event_rules) : try(length(jsondecode(rule.event_pattern).source) > 0, false) && length(rule.event_pattern) <= 4096])
    error_message = "Each event pattern must be JSON that names the events' source, of 4096 characters at most."
  }
}

variable "on_failure" {
  description = "Queue of the events that rules could not deliver, or that the function failed on at every attempt; null means none. The policy statements must allow the function to send there, and the queue's policy the rules"
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.on_failure == null ? true : can(regex("^arn:[^:]+:sqs:[^:]+:[0-9]{12}:[^:*]+$", var.on_failure.arn))
    error_message = "The destination's ARN must name one queue."
  }
}

################################################################################
# Tags
################################################################################

variable "tags" {
  description = "Tags of the function, its role, its log group, its event source mapping and its rules"
  type        = map(string)
  default     = {}
  nullable    = false
}
