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
  description = "Whether X-Ray traces the executions; null says nothing about it, for an emulator that would not remember"
  type        = bool
  default     = false
}

################################################################################
# What the Role May Touch
################################################################################

variable "function_arns" {
  description = "Functions that the state machine invokes"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.function_arns : can(regex("^arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:[^:*]+$", arn))])
    error_message = "Each function ARN must name one function, without a version."
  }
}

variable "topic_arns" {
  description = "Topics that the state machine publishes to"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.topic_arns : can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[^:*]+$", arn))])
    error_message = "Each topic ARN must name one topic."
  }
}

variable "state_machine_arns" {
  description = "State machines that the state machine starts and waits for"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.state_machine_arns : can(regex("^arn:[^:]+:states:[^:]+:[0-9]{12}:stateMachine:[^:*]+$", arn))])
    error_message = "Each state machine ARN must name one state machine, without a version."
  }
}

variable "sagemaker_actions" {
  description = "What the state machine does with SageMaker's resources: actions by type of resource, such as { model = [\"CreateModel\"] }"
  type        = map(set(string))
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for type in keys(var.sagemaker_actions) :
      contains(["training-job", "processing-job", "transform-job", "model", "endpoint-config", "endpoint"], type)
    ])
    error_message = "The types are training-job, processing-job, transform-job, model, endpoint-config and endpoint."
  }

  validation {
    condition     = alltrue([for action in flatten([for actions in values(var.sagemaker_actions) : tolist(actions)]) : can(regex("^[A-Z][A-Za-z]+$", action))])
    error_message = "Each action must be named, such as CreateModel: without a service and without wildcards."
  }
}

variable "sagemaker_name_prefix" {
  description = "First part of the names of the SageMaker resources that the state machine may touch; a hyphen follows it"
  type        = string
  default     = null

  validation {
    condition     = var.sagemaker_name_prefix == null || can(regex("^[a-z][a-z0-9-]*$", var.sagemaker_name_prefix))
    error_message = "The prefix must have a lowercase letter, then lowercase letters, digits and hyphens."
  }

  validation {
    condition     = var.sagemaker_name_prefix != null || length(var.sagemaker_actions) == 0
    error_message = "The prefix must be given where there are sagemaker_actions."
  }
}

variable "sagemaker_role_arn" {
  description = "Role that the state machine hands to the jobs and models it makes; null where it makes none"
  type        = string
  default     = null

  validation {
    condition     = var.sagemaker_role_arn == null || can(regex("^arn:[^:]+:iam::[0-9]{12}:role/[^*]+$", var.sagemaker_role_arn))
    error_message = "The role ARN must name one role."
  }
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
