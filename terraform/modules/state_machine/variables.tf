################################################################################
# State Machine
################################################################################

variable "name" {
  description = "Name of the state machine and of its role"
  type        = string
  nullable    = false

  # Step Functions takes 80 and more kinds of characters; IAM and the log group's name do not.
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "The name must have 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "definition" {
  description = "Definition of the state machine: a JSON document in Amazon States Language"
  type        = string
  nullable    = false

  validation {
    condition     = try(contains(keys(jsondecode(var.definition).States), jsondecode(var.definition).StartAt), false)
    error_message = "The definition must be JSON with States, one of which StartAt names."
  }

  validation {
    condition     = length(var.definition) <= 1048576
    error_message = "The definition must not have more than 1,048,576 characters."
  }
}

variable "tracing_enabled" {
  description = "Whether X-Ray traces the executions; null leaves that as it is"
  type        = bool
  default     = false
}

################################################################################
# Role
################################################################################

variable "sagemaker_name_prefix" {
  description = "First part of the names of the SageMaker resources that the state machine may touch; a hyphen follows it. Null where no task is SageMaker's"
  type        = string
  default     = null

  validation {
    condition     = var.sagemaker_name_prefix == null || can(regex("^[a-z][a-z0-9-]*$", var.sagemaker_name_prefix))
    error_message = "The prefix must have a lowercase letter, then lowercase letters, digits and hyphens."
  }

  validation {
    condition     = var.sagemaker_name_prefix != null || !can(regex(":sagemaker:", var.definition))
    error_message = "The prefix must be given where the definition has tasks of SageMaker."
  }
}

variable "policy_statements" {
  description = "What the role may do besides what it reads from the definition's tasks: statements of its policy, by their ids"
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

variable "log_level" {
  description = "Which events of an execution are logged"
  type        = string
  default     = "ERROR"
  nullable    = false

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL", "OFF"], var.log_level)
    error_message = "The log level must be ALL, ERROR, FATAL or OFF."
  }
}

variable "include_execution_data" {
  description = "Whether the log holds inputs and outputs: with them whatever secret they carry, task tokens too"
  type        = bool
  default     = false
  nullable    = false
}

variable "retention_in_days" {
  description = "Days that the state machine's logs are kept"
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
# Tags
################################################################################

variable "tags" {
  description = "Tags of the state machine, its log group and its role"
  type        = map(string)
  default     = {}
  nullable    = false
}
